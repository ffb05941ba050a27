package peer;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** One partition: open, read, decide for every contract, seal, and write the ledger's line. */
final class Router implements Processor<byte[], byte[], byte[], Out> {
    static final String SEQUENCES = "sequences";
    private static final int NONCE = 12, DRAWN = 1024 * NONCE;
    private static final ZoneOffset JAPAN = ZoneOffset.ofHours(9);
    private static final DateTimeFormatter ISO = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSxxx").withZone(ZoneOffset.UTC);
    private static final byte[] DISCLOSURE = Dates.ascii("jp.juki-hub.disclosure"), CHANGE = Dates.ascii("jp.juki-hub.change");
    private static final byte[][] HEADERS = {Dates.ascii("1.0"), null, Dates.ascii("juki-hub"), Dates.ascii("application/jose")};
    private static final String[] NAMES = {"ce_specversion", "ce_type", "ce_source", "content-type"};
    private static final Headers NONE = new RecordHeaders();

    private final Plan plan;
    private final Opener opener;
    private final Door door;
    private final List<Recipient> recipients = new ArrayList<>();
    private final Headers headers = headers(DISCLOSURE);
    private final Cipher resident = Opener.cipher("AES/ECB/NoPadding"), subject = Opener.cipher("AES/ECB/NoPadding");
    private final MessageDigest sha1, sha256;
    private final Mac digest;
    private final SecureRandom random = new SecureRandom();
    private final byte[] nonces = new byte[DRAWN], uuid = new byte[16], disclosure = new byte[36];
    private final Bytes line = new Bytes(), entries = new Bytes(), hex = new Bytes();
    private final byte[] key = {0};
    private int nonce = DRAWN;
    private long[] sequences;
    private long textAt = -1;
    private byte[] nowText;
    private LocalDate today;
    private ProcessorContext<byte[], Out> context;
    private KeyValueStore<byte[], byte[]> store;
    private Optional<Set<Integer>> where;
    private int partition;

    Router(Plan plan) {
        this.plan = plan;
        opener = new Opener(plan);
        door = new Door(plan.actions);
        try {
            resident.init(Cipher.DECRYPT_MODE, new SecretKeySpec(plan.changesPseudonym, "AES"));
            subject.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(plan.ledgerPseudonym, "AES"));
            sha1 = MessageDigest.getInstance("SHA-1");
            sha256 = MessageDigest.getInstance("SHA-256");
            digest = Mac.getInstance("HmacSHA256");
            digest.init(new SecretKeySpec(plan.digest, "HmacSHA256"));
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException(missing);
        }
    }

    private static Headers headers(byte[] type) {
        var made = new RecordHeaders();
        for (int i = 0; i < NAMES.length; i++) made.add(NAMES[i], i == 1 ? type : HEADERS[i]);
        return made;
    }

    @Override
    public void init(ProcessorContext<byte[], Out> given) {
        context = given;
        store = given.getStateStore(SEQUENCES);
        partition = given.taskId().partition();
        where = Optional.of(Set.of(partition));
        try {
            for (var owner : plan.owners) recipients.add(new Recipient(owner, partition));
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException(missing);
        }
        sequences = new long[recipients.size()];
        var kept = store.get(key);
        if (kept != null) ByteBuffer.wrap(kept).asLongBuffer().get(sequences);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        try {
            check(record);
            int length = opener.open(record.value(), partition, record.key());
            var change = door.read(opener.opened, length);
            var who = resident.doFinal(record.key());
            if ((who[6] & 0xf0) != 0x40 || !Arrays.equals(who, bytes(change.resident))) throw new Refused("foreign-record-key");
            route(change, who, System.currentTimeMillis());
        } catch (GeneralSecurityException failed) {
            throw new IllegalStateException(failed);
        } catch (IndexOutOfBoundsException cut) {
            throw new Refused("json");
        }
    }

    private void check(Record<byte[], byte[]> record) {
        int at = 0;
        for (var header : record.headers()) {
            boolean fits = at < 4 && header.key().equals(NAMES[at]) && Arrays.equals(header.value(), at == 1 ? CHANGE : HEADERS[at]);
            if (!fits) throw new Refused("foreign-headers");
            at++;
        }
        if (at != 4 || record.key() == null || record.key().length != 16) throw new Refused("foreign-headers");
    }

    private void route(Change change, byte[] who, long now) throws GeneralSecurityException {
        time(now);
        var id = bytes(change.id);
        entries.clear();
        for (int i = 0; i < recipients.size(); i++) {
            var recipient = recipients.get(i);
            var state = recipient.decide(change, today);
            if (state == null) continue;
            tell(recipient, change, state, ++sequences[i], id, who, now);
        }
        ledger(change, who, now);
        var kept = ByteBuffer.allocate(8 * sequences.length);
        kept.asLongBuffer().put(sequences);
        store.put(key, kept.array());
    }

    private void tell(Recipient recipient, Change change, Contract.State state, long seq, byte[] id, byte[] who, long now)
        throws GeneralSecurityException {
        name(id, recipient.name);
        var own = recipient.recordKey(who);
        var token = recipient.token(change, state, seq, disclosure, own, now, nonces, drawn());
        if (entries.size > 0) entries.put(',');
        recipient.entry(change, state, seq, disclosure, sha256.digest(token), entries);
        context.forward(new Record<>(own, new Out(recipient.topic, where, token), now, headers));
    }

    private void ledger(Change change, byte[] who, long now) throws GeneralSecurityException {
        var own = subject.doFinal(who);
        digest.update(change.text, 0, change.length);
        line.clear().put(LINE[0]).put(change.id).put(LINE[1]).hex(own).put(LINE[2]).put(plan.bookText).put(LINE[3]);
        line.put(Dates.ascii(change.recorded.day.toString())).put(LINE[4]).put(nowText).put(LINE[5]).put(entries.held, 0, entries.size);
        line.put(LINE[6]).number(change.version).put(LINE[7]).hex(digest.doFinal()).put(LINE[8]);
        context.forward(new Record<>(own, new Out(plan.ledger, where, line.copy()), now, NONE));
    }

    private static final byte[][] LINE = lines("{\"change\":\"", "\",\"subject\":\"", "\",\"book\":\"", "\",\"decided_on\":\"",
        "\",\"recorded_at\":\"", "\",\"told\":[", "],\"version\":", ",\"digest\":\"", "\"}");

    private static byte[][] lines(String... parts) {
        return Arrays.stream(parts).map(Dates::ascii).toArray(byte[][]::new);
    }

    private void time(long now) {
        if (now == textAt) return;
        textAt = now;
        var at = Instant.ofEpochMilli(now);
        nowText = Dates.ascii(ISO.format(at));
        today = at.atOffset(JAPAN).toLocalDate();
    }

    private int drawn() {
        if (nonce == DRAWN) {
            random.nextBytes(nonces);
            nonce = 0;
        }
        nonce += NONCE;
        return nonce - NONCE;
    }

    /** uuid5 of the change and the contract, as text, into `disclosure`. */
    private void name(byte[] id, byte[] contract) {
        sha1.update(id);
        var found = sha1.digest(contract);
        found[6] = (byte) (found[6] & 0x0f | 0x50);
        found[8] = (byte) (found[8] & 0x3f | 0x80);
        hex.clear().hex(found);
        for (int from = 0, to = 0; to < 36; to++) {
            boolean dash = to == 8 || to == 13 || to == 18 || to == 23;
            disclosure[to] = dash ? (byte) '-' : hex.held[from++];
        }
    }

    private byte[] bytes(byte[] text) {
        for (int i = 0, from = 0; i < 16; i++, from += 2) {
            if (text[from] == '-') from++;
            uuid[i] = (byte) (Character.digit(text[from], 16) << 4 | Character.digit(text[from + 1], 16));
        }
        return uuid;
    }
}
