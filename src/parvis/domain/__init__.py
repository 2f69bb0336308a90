"""The rules of the network and their SQL. Doors translate and call; nothing here knows HTTP or HTML."""
