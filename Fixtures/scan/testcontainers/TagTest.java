import org.testcontainers.utility.DockerImageName;

class TagTest {
    static final DockerImageName OPEN = DockerImageName.parse("acme/db").withTag(System.getenv("TAG"));
    static final DockerImageName OTHER = DockerImageName.parse("acme/db").withTag(Versions.DB);
    static final DockerImageName KNOWN = DockerImageName.parse("acme/db").withTag("3");
}
