from testcontainers.mysql import MySqlContainer
from testcontainers.redis import RedisContainer

def start(version):
    MySqlContainer(f"mysql:{version}")
    RedisContainer(f"{version}")
    RedisContainer(f"redis {version}")
