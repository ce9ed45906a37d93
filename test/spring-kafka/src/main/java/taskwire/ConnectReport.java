package taskwire;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.runtime.ConnectMetrics;
import org.apache.kafka.connect.runtime.SinkConnectorConfig;
import org.apache.kafka.connect.runtime.errors.DeadLetterQueueReporter;
import org.apache.kafka.connect.runtime.errors.ErrorHandlingMetrics;
import org.apache.kafka.connect.runtime.errors.ProcessingContext;
import org.apache.kafka.connect.runtime.errors.Stage;
import org.apache.kafka.connect.runtime.isolation.Plugins;
import org.apache.kafka.connect.runtime.standalone.StandaloneConfig;
import org.apache.kafka.connect.util.ConnectorTaskId;

/**
 * Kafka Connect's own error reporter, told of one record whose value Connect's JSON converter refuses.
 *
 * Arguments: brokers, topic, dead letter topic.
 */
public class ConnectReport {
    private static final int PARTITION = 2;
    private static final long OFFSET = 41;
    private static final long TIMESTAMP = 1_732_242_000_500L;

    public static void main(String[] arguments) throws Exception {
        Map<String, Object> brokers = Map.of("bootstrap.servers", arguments[0]);
        var id = new ConnectorTaskId("archive", 0);
        var worker = new StandaloneConfig(Map.of(
                "bootstrap.servers", arguments[0],
                "key.converter", JsonConverter.class.getName(),
                "value.converter", JsonConverter.class.getName(),
                "offset.storage.file.filename", "unused"));
        var metrics = new ErrorHandlingMetrics(id, new ConnectMetrics("worker", worker, Time.SYSTEM, "cluster"));
        var connector = new SinkConnectorConfig(new Plugins(Map.of()), Map.of(
                "name", "archive",
                "connector.class", "Archive",
                "topics", arguments[1],
                "errors.deadletterqueue.topic.name", arguments[2],
                "errors.deadletterqueue.topic.replication.factor", "1",
                "errors.deadletterqueue.context.headers.enable", "true"));
        Map<String, Object> producer = Map.of(
                "bootstrap.servers", arguments[0],
                "key.serializer", ByteArraySerializer.class.getName(),
                "value.serializer", ByteArraySerializer.class.getName());
        var reporter = DeadLetterQueueReporter.createAndSetup(brokers, id, connector, producer, metrics);
        reporter.report(refused(arguments[1])).get();
        reporter.close();
        System.out.println("reported");
        System.exit(0);
    }

    private static ProcessingContext<ConsumerRecord<byte[], byte[]>> refused(String topic) {
        byte[] value = "oops".getBytes(StandardCharsets.UTF_8);
        var headers = new RecordHeaders();
        headers.add("tenant", "north".getBytes(StandardCharsets.UTF_8));
        var context = new ProcessingContext<>(new ConsumerRecord<>(topic, PARTITION, OFFSET, TIMESTAMP,
                TimestampType.CREATE_TIME, 0, value.length, new byte[0], value, headers, Optional.empty()));
        context.currentContext(Stage.VALUE_CONVERTER, JsonConverter.class);
        context.error(refusal(topic, value));
        return context;
    }

    private static DataException refusal(String topic, byte[] value) {
        try (var converter = new JsonConverter()) {
            converter.configure(Map.of("converter.type", "value"));
            converter.toConnectData(topic, value);
            throw new IllegalStateException("the converter takes what is no JSON");
        } catch (DataException refused) {
            return refused;
        }
    }
}
