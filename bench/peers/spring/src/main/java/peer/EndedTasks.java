package peer;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.stereotype.Component;
import org.springframework.web.socket.CloseStatus;
import org.springframework.web.socket.TextMessage;
import org.springframework.web.socket.WebSocketSession;
import org.springframework.web.socket.handler.ConcurrentWebSocketSessionDecorator;
import org.springframework.web.socket.handler.TextWebSocketHandler;

/** Tells all sockets which tasks have ended. */
@Component
public class EndedTasks extends TextWebSocketHandler {

  private final Map<String, WebSocketSession> sessions = new ConcurrentHashMap<>();

  @Override
  public void afterConnectionEstablished(WebSocketSession session) {
    sessions.put(session.getId(), new ConcurrentWebSocketSessionDecorator(session, 10_000, 16 * 1024 * 1024));
  }

  @Override
  public void afterConnectionClosed(WebSocketSession session, CloseStatus status) {
    sessions.remove(session.getId());
  }

  void push(String taskId, String result) {
    TextMessage message =
        new TextMessage("{\"taskId\":\"" + taskId + "\",\"type\":\"succeeded\",\"result\":" + result + "}");
    sessions.values().forEach(session -> {
      try {
        session.sendMessage(message);
      } catch (IOException gone) {
        sessions.remove(session.getId());
      }
    });
  }
}
