package peer;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.web.socket.config.annotation.EnableWebSocket;
import org.springframework.web.socket.config.annotation.WebSocketConfigurer;

/** Spring Boot with spring-kafka and JDBC, as its documentation shows it; the settings are in application.properties. */
@SpringBootApplication
@EnableWebSocket
public class PeerApplication {

  public static void main(String[] args) {
    SpringApplication.run(PeerApplication.class, args);
    System.out.println("ready");
  }

  @Bean
  WebSocketConfigurer sockets(EndedTasks endedTasks) {
    return registry -> registry.addHandler(endedTasks, "/events").setAllowedOrigins("*");
  }
}
