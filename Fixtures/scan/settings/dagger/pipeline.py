import dagger
from dagger import dag


async def test() -> str:
    base = dag.container().from_("python:3.12-slim")
    db = dag.container().from_(
        "postgres:16"
    ).as_service()
    return await base.with_service_binding("db", db).stdout()
