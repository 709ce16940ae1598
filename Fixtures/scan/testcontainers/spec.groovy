import org.testcontainers.containers.GenericContainer
def a = new GenericContainer('redis:7')
