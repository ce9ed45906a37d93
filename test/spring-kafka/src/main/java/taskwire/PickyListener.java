package taskwire;

import java.util.Map;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.EnableKafka;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.config.ConcurrentKafkaListenerContainerFactory;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.listener.DeadLetterPublishingRecoverer;
import org.springframework.kafka.listener.DefaultErrorHandler;
import org.springframework.util.backoff.FixedBackOff;

/**
 * A Spring Kafka application as its users have them: what its listener does not like goes to a dead letter topic after
 * one more attempt. It prints a line for each record that it consumed: `consumed VALUE [NAMES OF HEADERS]`.
 *
 * Arguments: brokers, topic, consumer group, dead letter topic.
 */
@Configuration
@EnableKafka
public class PickyListener {
    private static final long RETRIES = 1;
    private static String brokers;
    private static String deadLetterTopic;

    public static void main(String[] arguments) throws InterruptedException {
        brokers = arguments[0];
        System.setProperty("topic", arguments[1]);
        System.setProperty("group", arguments[2]);
        deadLetterTopic = arguments[3];
        try (var context = new AnnotationConfigApplicationContext(PickyListener.class)) {
            System.out.println("listening");
            Thread.currentThread().join();
        }
    }

    @KafkaListener(topics = "${topic}", groupId = "${group}")
    public void take(ConsumerRecord<String, String> record) {
        if (record.value() != null && record.value().startsWith("bad")) throw refusal(record.value());
        var names = new TreeSet<String>();
        record.headers().forEach(header -> names.add(header.key()));
        System.out.println("consumed " + record.value() + " " + names);
    }

    private static RuntimeException refusal(String value) {
        return new IllegalStateException("wrapped", new IllegalArgumentException("no good: " + value));
    }

    @Bean
    ConcurrentKafkaListenerContainerFactory<String, String> kafkaListenerContainerFactory(
            KafkaTemplate<String, String> template) {
        var factory = new ConcurrentKafkaListenerContainerFactory<String, String>();
        factory.setConsumerFactory(new DefaultKafkaConsumerFactory<>(Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, brokers,
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest"),
                new StringDeserializer(), new StringDeserializer()));
        var recoverer = new DeadLetterPublishingRecoverer(template,
                (record, exception) -> new TopicPartition(deadLetterTopic, record.partition()));
        factory.setCommonErrorHandler(new DefaultErrorHandler(recoverer, new FixedBackOff(0, RETRIES)));
        factory.getContainerProperties().setDeliveryAttemptHeader(true);
        return factory;
    }

    @Bean
    KafkaTemplate<String, String> template() {
        return new KafkaTemplate<>(new DefaultKafkaProducerFactory<>(
                Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, brokers),
                new StringSerializer(), new StringSerializer()));
    }
}
