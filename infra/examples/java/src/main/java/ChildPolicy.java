import static java.nio.charset.StandardCharsets.UTF_8;

import com.nimbusds.jose.EncryptionMethod;
import com.nimbusds.jose.JWEAlgorithm;
import com.nimbusds.jose.JWEObject;
import com.nimbusds.jose.crypto.DirectDecrypter;
import com.nimbusds.jose.crypto.ECDHDecrypter;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.util.JSONObjectUtils;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A subscriber with stock libraries. ChildPolicy BOOTSTRAP SECRETS KEYS.jwe PRIVATE.jwk */
public final class ChildPolicy {
    static final String CONTRACT = "child-policy", ME = "subscriber-child-policy";
    static final Map<Object, Long> due = new HashMap<>(), versions = new HashMap<>(); // kept beside a department's own data
    static long missing, repeated, older;

    public static void main(String[] given) throws Exception {
        if (given.length != 4) end("ChildPolicy BOOTSTRAP SECRETS KEYS.jwe PRIVATE.jwk");
        var prefix = System.getenv().getOrDefault("JUKI_PREFIX", "juki");
        var granted = JWEObject.parse(text(given[2]));
        granted.decrypt(new ECDHDecrypter(ECKey.parse(text(given[3]))));
        var keys = JWKSet.parse(granted.getPayload().toJSONObject());
        var out = new PrintStream(System.out, true, UTF_8);
        var bytes = new ByteArrayDeserializer();
        try (var consumer = new KafkaConsumer<>(settings(given[0], Path.of(given[1]), prefix), bytes, bytes)) {
            consumer.subscribe(List.of(prefix + ".disclosures." + CONTRACT));
            while (true) {
                for (var record : consumer.poll(Duration.ofSeconds(1))) {
                    var token = opened(record, keys);
                    var told = token.getPayload().toString().strip();
                    var version = JSONObjectUtils.getLong(JSONObjectUtils.parse(told), "version");
                    var seq = (Long) token.getHeader().getCustomParam("seq");
                    if (isNews(record.partition(), seq, hex(record.key()), version)) out.println(told);
                }
            }
        }
    }

    static JWEObject opened(ConsumerRecord<byte[], byte[]> record, JWKSet keys) throws Exception {
        var token = JWEObject.parse(new String(record.value(), UTF_8));
        var head = token.getHeader();
        var ours = head.getAlgorithm().equals(JWEAlgorithm.DIR) && head.getEncryptionMethod().equals(EncryptionMethod.A256GCM);
        if (!ours) end("another algorithm");
        var key = keys.getKeyByKeyId(head.getKeyID());
        if (key == null) end("no key for this token: fetch keys.jwe again");
        token.decrypt(new DirectDecrypter(key.toOctetSequenceKey()));
        var place = Map.of("aud", CONTRACT, "sub_topic", record.topic(), "part", (long) record.partition(),
            "sub", hex(record.key()));
        if (!head.toJSONObject().entrySet().containsAll(place.entrySet())) end("a token was moved");
        return token;
    }

    /** Whether it was not told before: numbers count up by one per partition, versions rise per resident. */
    static boolean isNews(int partition, long seq, String resident, long version) {
        long next = due.getOrDefault(partition, 1L);
        boolean again = seq < next, old = !again && version <= versions.getOrDefault(resident, 0L);
        due.put(partition, Math.max(next, seq + 1));
        missing += Math.max(seq - next, 0);
        repeated += again ? 1 : 0;
        older += old ? 1 : 0;
        var counts = "{\"partition\": %d, \"missing\": %d, \"repeated\": %d, \"older\": %d}";
        if (seq != next || old) System.err.println(counts.formatted(partition, missing, repeated, older));
        if (again || old) return false;
        versions.put(resident, version);
        return true;
    }

    static Map<String, Object> settings(String bootstrap, Path secrets, String prefix) throws Exception {
        var login = "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"%s\" password=\"%s\";";
        return Map.of("bootstrap.servers", bootstrap, "group.id", prefix + "-" + ME, "auto.offset.reset", "earliest",
            "isolation.level", "read_committed", "enable.auto.commit", false, "security.protocol", "SASL_SSL",
            "sasl.mechanism", "SCRAM-SHA-512", "ssl.truststore.type", "PEM",
            "ssl.truststore.location", secrets.resolve("ca.pem").toString(),
            "sasl.jaas.config", login.formatted(ME, text(secrets.resolve(ME + ".password").toString())));
    }

    static String hex(byte[] key) {
        return HexFormat.of().formatHex(key);
    }

    static String text(String file) throws Exception {
        return Files.readString(Path.of(file)).strip();
    }

    static void end(String why) {
        System.err.println(why);
        System.exit(1);
    }
}
