import { GenericContainer, PostgreSqlContainer } from "testcontainers";
const tag = "7";
const a = await new GenericContainer("redis:" + tag).start();
const b = await new GenericContainer(`nginx:${tag}`).start();
const c = await new PostgreSqlContainer("postgres:16").start();
const d = await new GenericContainer(process.env.IMAGE).start();
