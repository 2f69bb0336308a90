"""`parvis web` with the constant answer in front."""

from parvis.base.settings import from_environment
from parvis.infra import logs, web_server

if __name__ == "__main__":
    settings = from_environment()
    logs.configure(settings)
    web_server.run(settings, "bench.server:create_app")
