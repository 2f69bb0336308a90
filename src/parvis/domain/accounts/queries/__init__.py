"""All SQL of this room: people, their logins, and the apps that act for them."""
