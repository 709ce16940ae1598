plugins { id("com.google.cloud.tools.jib") }
jib.from.image = "azul/zulu-openjdk:21"
jib.to.image = "own/app"
