package peer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.HttpStatus;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Takes tasks over HTTP and results from the topic. */
@RestController
public class Tasks {

  record Submission(ObjectNode payload) {}

  record Accepted(UUID id, String status, JsonNode payload) {}

  private static final String END = """
      UPDATE tasks SET status = 'succeeded', result = r.result, finished_at = now()
      FROM unnest(?::uuid[], ?::json[]) AS r(id, result)
      WHERE tasks.id = r.id AND status = 'queued'
      RETURNING tasks.id, tasks.result::text""";

  private final JdbcTemplate jdbc;
  private final KafkaTemplate<String, String> kafka;
  private final EndedTasks endedTasks;
  private final ObjectMapper json;
  private final String requestTopic;

  Tasks(JdbcTemplate jdbc, KafkaTemplate<String, String> kafka, EndedTasks endedTasks, ObjectMapper json,
      @Value("${request-topic}") String requestTopic) {
    this.jdbc = jdbc;
    this.kafka = kafka;
    this.endedTasks = endedTasks;
    this.json = json;
    this.requestTopic = requestTopic;
    jdbc.execute("""
        CREATE TABLE tasks (
          id uuid PRIMARY KEY, payload json NOT NULL, status text NOT NULL DEFAULT 'queued', result json,
          created_at timestamptz NOT NULL DEFAULT now(), finished_at timestamptz
        )""");
  }

  @PostMapping("/tasks")
  @ResponseStatus(HttpStatus.ACCEPTED)
  Accepted submit(@RequestBody Submission submission) throws Exception {
    UUID id = UUID.randomUUID();
    ObjectNode payload = submission.payload();
    jdbc.update("INSERT INTO tasks (id, payload) VALUES (?, ?::json)", id, json.writeValueAsString(payload));
    ObjectNode request = payload.deepCopy().put("taskId", id.toString());
    // Awaited: there is no relay that would send later what was not sent now.
    kafka.send(requestTopic, id.toString(), json.writeValueAsString(request)).get();
    return new Accepted(id, "queued", payload);
  }

  @KafkaListener(topics = "${result-topic}", groupId = "${result-topic}")
  void end(List<String> records) throws JsonProcessingException {
    List<String> ids = new ArrayList<>();
    List<String> results = new ArrayList<>();
    for (String record : records) {
      ObjectNode result = (ObjectNode) json.readTree(record);
      ids.add(result.remove("taskId").asText());
      results.add(json.writeValueAsString(result));
    }
    jdbc.query(END, row -> {
      endedTasks.push(row.getString(1), row.getString(2));
    }, ids.toArray(String[]::new), results.toArray(String[]::new));
  }
}
