package x;

import org.testcontainers.containers.*;
import org.testcontainers.utility.DockerImageName;

// new GenericContainer<>("commented:1")
class DatabaseTest {
  private static final String IMAGE = "redis:7-alpine";
  private static final DockerImageName KAFKA = DockerImageName.parse("confluentinc/cp-kafka:7.5.0");
  static GenericContainer<?> a = new GenericContainer<>(DockerImageName.parse("nginx:1.27"));
  static GenericContainer<?> b = new GenericContainer<>(IMAGE);
  static GenericContainer<?> c = new GenericContainer(System.getProperty("image"));
  static GenericContainer<?> d = new GenericContainer<>(Images.OTHER);
  static PostgreSQLContainer<?> e = new PostgreSQLContainer<>("postgres:16");
  static KafkaContainer f = new KafkaContainer(KAFKA);
  static MySQLContainer<?> g =
      new MySQLContainer<>(DockerImageName.parse("registry.example.com/mysql:8").asCompatibleSubstituteFor("mysql"));
  static GenericContainer<?> h = new GenericContainer<>(DockerImageName.parse("busybox").withTag("1.36"));
  static GenericContainer<?> i = new GenericContainer<>("acme/" + "app:" + "1");
  static String text = """
      GenericContainer<>("in a text")
      """;
}
