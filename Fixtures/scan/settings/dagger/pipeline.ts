import { dag, object, func } from "@dagger.io/dagger"

const version = "20"

@object()
export class Shop {
  @func()
  build() {
    const names = Array.from("abc")
    return dag.container().from(`node:${version}-slim`).withEnvVariable("N", names.join())
  }
}
