package peer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** What it is told once, before it starts: topics, the compiled Book, and the keys that the router would fetch. */
final class Plan {
    record Key(String kid, byte[] bytes) {}

    /** A contract with its topic, its content key of the day, and the key of its record keys. */
    record Owner(Contract contract, String topic, Key key, byte[] pseudonym) {}

    final String application, changes, ledger;
    final byte[] bookText;
    final Key changesKey;
    final byte[] changesPseudonym, ledgerPseudonym, digest;
    final Map<String, String> actions = new HashMap<>();
    final List<Owner> owners = new ArrayList<>();

    private Plan(JsonNode said) {
        application = said.get("application").asText();
        changes = said.get("changes").get("topic").asText();
        changesKey = key(said.get("changes"));
        changesPseudonym = hex(said.get("changes").get("pseudonym"));
        ledger = said.get("ledger").get("topic").asText();
        ledgerPseudonym = hex(said.get("ledger").get("pseudonym"));
        digest = hex(said.get("ledger").get("digest"));
        bookText = Dates.ascii(said.get("book").asText());
        for (var each : said.get("actions").properties()) actions.put(each.getKey(), each.getValue().asText());
        for (var each : said.get("contracts"))
            owners.add(new Owner(new Contract(each.get("document")), each.get("topic").asText(), key(each), hex(each.get("pseudonym"))));
    }

    static Plan read(Path file) throws IOException {
        return new Plan(new ObjectMapper().readTree(Files.readAllBytes(file)));
    }

    private static Key key(JsonNode said) {
        return new Key(said.get("kid").asText(), hex(said.get("key")));
    }

    private static byte[] hex(JsonNode said) {
        return HexFormat.of().parseHex(said.asText());
    }
}
