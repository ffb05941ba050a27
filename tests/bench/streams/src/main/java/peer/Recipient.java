package peer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * One contract on one partition: what it is told, written and sealed. Ciphers and buffers are its own and are kept; of
 * the protected header everything that stays the same within a second is encoded once.
 */
final class Recipient {
    private static final int NONCE = 12, TAG = 16, SMALLEST = 512;
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
    private static final byte[] NULL = Dates.ascii("null"), TRUE = Dates.ascii("true"), FALSE = Dates.ascii("false");
    private static final byte[][] STATES = {Dates.ascii("entered"), Dates.ascii("inside"), Dates.ascii("deleted"), Dates.ascii("left")};
    private static final byte[] ID = Dates.ascii("{\"id\":\""), RECORDED = Dates.ascii(",\"recorded_at\":\""), STATE = Dates.ascii("\",\"state\":\""),
        ITEMS = Dates.ascii("\",\"items\":{"), PROTECTED = Dates.ascii(",\"protected\":"), TRANSFER = Dates.ascii(",\"transfer\":\""),
        SEQ = Dates.ascii(",\"seq\":"), JTI = Dates.ascii(",\"jti\":\""), SUB = Dates.ascii("\",\"sub\":\""), ENDS = Dates.ascii("\"}"),
        TOLD_STATE = Dates.ascii(",\"state\":\""), TOLD_ITEMS = Dates.ascii("\",\"items\":["), DIGEST = Dates.ascii("],\"token_sha256\":\"");

    final Contract contract;
    final String topic;
    final byte[] name;
    private final int part;
    private final String kid;
    private final SecretKeySpec key;
    private final Cipher gcm = Opener.cipher("AES/GCM/NoPadding"), ecb = Opener.cipher("AES/ECB/NoPadding");
    private final byte[] told, toldHash;
    private final byte[][] members = new byte[Items.COUNT][], names = new byte[Items.COUNT][];
    private final Bytes payload = new Bytes(), tail = new Bytes();
    private byte[] sealed = new byte[SMALLEST + TAG], text = new byte[SMALLEST], coded = new byte[(SMALLEST * 4 + 2) / 3];
    private long second = -1;
    private byte[] start, rest;
    private LocalDate day;
    private Contract.Permitted permitted;

    Recipient(Plan.Owner owner, int partition) throws GeneralSecurityException {
        contract = owner.contract();
        topic = owner.topic();
        name = contract.id.getBytes(UTF_8);
        part = partition;
        kid = owner.key().kid();
        key = new SecretKeySpec(owner.key().bytes(), "AES");
        ecb.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(owner.pseudonym(), "AES"));
        told = Dates.ascii("\",\"contract\":\"" + contract.id + "\",\"version\":");
        toldHash = Dates.ascii("{\"contract\":\"" + contract.id + "\",\"contract_hash\":\"" + contract.hash + "\",\"disclosure\":\"");
        for (int item = 0; item < Items.COUNT; item++) {
            names[item] = Dates.ascii("\"" + Items.name(item) + "\"");
            members[item] = Dates.ascii("\"" + Items.name(item) + "\":");
        }
    }

    /** The state told of the change, or null. `today`: in Japan. */
    Contract.State decide(Change change, LocalDate today) {
        if (!contract.inForce(today)) return null;
        if (!change.recorded.day.equals(day)) {
            day = change.recorded.day;
            permitted = contract.permitted(day);
        }
        return contract.decide(change, day, permitted);
    }

    byte[] recordKey(byte[] resident) throws GeneralSecurityException {
        return ecb.doFinal(resident);
    }

    /** The token that tells of the change in this state. */
    byte[] token(Change change, Contract.State state, long seq, byte[] disclosure, byte[] recordKey, long now, byte[] nonces, int nonce)
        throws GeneralSecurityException {
        write(change, state, disclosure);
        header(now / 1000);
        tail.clear().put(rest).put(SEQ).number(seq).put(JTI).put(disclosure).put(SUB).hex(recordKey).put(ENDS);
        return sealed(BASE64.encode(tail.copy()), nonces, nonce);
    }

    void entry(Change change, Contract.State state, long seq, byte[] disclosure, byte[] digest, Bytes line) {
        line.put(toldHash).put(disclosure).put('"').put(SEQ).number(seq).put(TOLD_STATE).put(STATES[state.ordinal()]).put(TOLD_ITEMS);
        boolean first = true;
        for (int item : state == Contract.State.LEFT ? new int[] {contract.identifier} : permitted.items()) {
            if (!isTold(change, state, item)) continue;
            if (!first) line.put(',');
            line.put(names[item]);
            first = false;
        }
        line.put(DIGEST).hex(digest).put('"');
        if (change.order != null) line.put(TRANSFER).put(change.order).put('"');
        line.put('}');
    }

    private boolean isTold(Change change, Contract.State state, int item) {
        return change.order == null || state == Contract.State.LEFT || item == contract.identifier || (change.chosen & 1L << item) != 0;
    }

    private void write(Change change, Contract.State state, byte[] disclosure) {
        payload.clear().put(ID).put(disclosure).put(told).number(change.version).put(RECORDED).put(change.recorded.iso);
        payload.put(STATE).put(STATES[state.ordinal()]).put(ITEMS);
        if (state == Contract.State.LEFT) {
            payload.put(members[contract.identifier]);
            value(change, change.before, contract.identifier);
        } else items(change, state);
        payload.put('}');
        boolean saysProtected = state != Contract.State.LEFT && (permitted.set() & 1L << Items.DV_PROTECTION) != 0;
        if (saysProtected) payload.put(PROTECTED).put(change.isProtected(change.subject()) ? TRUE : FALSE);
        if (change.order != null) payload.put(TRANSFER).put(change.order).put('"');
        payload.put('}');
    }

    private void items(Change change, Contract.State state) {
        var record = change.subject();
        boolean first = true;
        for (int item : permitted.items()) {
            if (!isTold(change, state, item)) continue;
            if (!first) payload.put(',');
            payload.put(members[item]);
            if (Contract.isDerived(item)) derived(change, item);
            else value(change, record, item);
            first = false;
        }
    }

    private void value(Change change, Change.Resident record, int item) {
        int from = record.from[item];
        if (from < 0) payload.put(NULL);
        else payload.put(change.text, from, record.to[item] - from);
    }

    private void derived(Change change, int item) {
        if (item == Items.CHANGE_ACTION) quoted(change.action);
        else if (item == Items.IS_JAPANESE) payload.put(change.isJapanese(change.subject()) ? TRUE : FALSE);
        else if (item == Items.CHANGE_REASON && contract.hearsKind(change.kind)) quoted(change.kind);
        else if (item == Items.CHANGE_DATE || item == Items.REMOVAL_DATE && change.action.equals("消除"))
            payload.put(change.text, change.effectiveFrom, change.effectiveTo - change.effectiveFrom);
        else payload.put(NULL);
    }

    private void quoted(String word) {
        payload.put('"').put(word.getBytes(UTF_8)).put('"');
    }

    /** The start of the header for this second: what fills whole groups of three bytes is encoded, the rest waits. */
    private void header(long now) {
        if (second == now) return;
        second = now;
        var all = Dates.ascii("{\"alg\":\"dir\",\"enc\":\"A256GCM\",\"kid\":\"" + kid + "\",\"aud\":\"" + contract.id + "\",\"sub_topic\":\"" + topic
            + "\",\"part\":" + part + ",\"iat\":" + now + ",\"ctr\":\"" + contract.hash + "\"");
        int whole = all.length / 3 * 3;
        start = BASE64.encode(Arrays.copyOf(all, whole));
        rest = Arrays.copyOfRange(all, whole, all.length);
    }

    private byte[] sealed(byte[] end, byte[] nonces, int nonce) throws GeneralSecurityException {
        int size = SMALLEST;
        while (size < payload.size) size *= 2;
        payload.padded(size);
        room(size);
        int header = start.length + end.length;
        var token = new byte[header + 2 + 16 + 1 + coded.length + 1 + 22];
        System.arraycopy(start, 0, token, 0, start.length);
        System.arraycopy(end, 0, token, start.length, end.length);
        gcm.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(8 * TAG, nonces, nonce, NONCE));
        gcm.updateAAD(token, 0, header);
        gcm.doFinal(payload.held, 0, size, sealed, 0);
        System.arraycopy(sealed, 0, text, 0, size);
        BASE64.encode(text, coded);
        int at = dotted(token, header, 2, BASE64.encode(Arrays.copyOfRange(nonces, nonce, nonce + NONCE)));
        at = dotted(token, at, 1, coded);
        dotted(token, at, 1, BASE64.encode(Arrays.copyOfRange(sealed, size, size + TAG)));
        return token;
    }

    private static int dotted(byte[] token, int at, int dots, byte[] part) {
        for (int i = 0; i < dots; i++) token[at++] = '.';
        System.arraycopy(part, 0, token, at, part.length);
        return at + part.length;
    }

    private void room(int size) {
        if (text.length == size) return;
        sealed = new byte[size + TAG];
        text = new byte[size];
        coded = new byte[(size * 4 + 2) / 3];
    }
}
