package peer;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.state.Stores;

/** The router's work as a Kafka Streams program. Peer BOOTSTRAP SECRETS PLAN STATE THREADS [name=value…]; says `ready` once it owns partitions. */
public final class Peer {
    private static final String IN = "changes", ROUTER = "router", OUT = "outputs";

    public static void main(String[] given) throws Exception {
        var plan = Plan.read(Path.of(given[2]));
        int threads = Integer.parseInt(given[4]);
        var streams = new KafkaStreams(topology(plan), settings(given, plan));
        streams.setUncaughtExceptionHandler(failed -> {
            failed.printStackTrace();
            Runtime.getRuntime().halt(1);
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(20))));
        streams.start();
        while (!shared(streams, threads)) Thread.sleep(50);
        System.out.println("ready");
        Thread.currentThread().join();
    }

    /** Whether every thread has partitions, and as many as the others or one less. */
    private static boolean shared(KafkaStreams streams, int threads) {
        if (streams.state() != KafkaStreams.State.RUNNING) return false;
        var tasks = streams.metadataForLocalThreads().stream().mapToInt(each -> each.activeTasks().size()).summaryStatistics();
        return tasks.getCount() == threads && tasks.getMin() > 0 && tasks.getMax() - tasks.getMin() <= 1;
    }

    private static Topology topology(Plan plan) {
        var bytes = new ByteArraySerializer();
        var raw = new ByteArrayDeserializer();
        var sequences = Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(Router.SEQUENCES), Serdes.ByteArray(), Serdes.ByteArray());
        return new Topology()
            .addSource(IN, raw, raw, plan.changes)
            .addProcessor(ROUTER, () -> (Processor<byte[], byte[], byte[], Out>) new Router(plan), IN)
            .addStateStore(sequences.withCachingEnabled(), ROUTER)
            .addSink(OUT, (byte[] key, Out out, org.apache.kafka.streams.processor.RecordContext at) -> out.topic(), bytes,
                (topic, out) -> out.value(), (String topic, byte[] key, Out out, int count) -> out.where(), ROUTER);
    }

    private static Properties settings(String[] given, Plan plan) throws Exception {
        var found = new Properties();
        var secrets = Path.of(given[1]);
        found.put("application.id", plan.application);
        found.put("bootstrap.servers", given[0]);
        found.put("state.dir", given[3]);
        found.put("security.protocol", "SASL_SSL");
        found.put("ssl.truststore.type", "PEM");
        found.put("ssl.truststore.location", secrets.resolve("ca.pem").toString());
        found.put("sasl.mechanism", "SCRAM-SHA-512");
        found.put("sasl.jaas.config", "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"admin\" password=\""
            + Files.readString(secrets.resolve("admin.password")).strip() + "\";");
        try (var tuned = Peer.class.getResourceAsStream("/streams.properties")) {
            found.load(tuned);
        }
        found.put("num.stream.threads", given[4]);
        for (int i = 5; i < given.length; i++) found.put(given[i].substring(0, given[i].indexOf('=')), given[i].substring(given[i].indexOf('=') + 1));
        return found;
    }
}
