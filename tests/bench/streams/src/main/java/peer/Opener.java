package peer;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Set;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** Opens what the relay sealed to the hub, and checks that it lies where its header says. */
final class Opener {
    private static final Set<String> NAMES = Set.of("alg", "enc", "kid", "aud", "sub_topic", "part", "iat", "ctr", "seq", "jti", "sub");
    private static final Base64.Decoder DECODER = Base64.getUrlDecoder();
    private final SecretKeySpec key;
    private final String kid, topic;
    private final Cipher gcm = cipher("AES/GCM/NoPadding");
    private final Json json = new Json();
    private final byte[] nonce = new byte[12];
    private byte[] joined = new byte[8192];
    byte[] opened = new byte[8192];

    Opener(Plan plan) {
        key = new SecretKeySpec(plan.changesKey.bytes(), "AES");
        kid = plan.changesKey.kid();
        topic = plan.changes;
    }

    static Cipher cipher(String name) {
        try {
            return Cipher.getInstance(name);
        } catch (GeneralSecurityException missing) {
            throw new IllegalStateException(missing);
        }
    }

    /** How long the payload is, without its padding; it is in `opened`. */
    int open(byte[] token, int partition, byte[] recordKey) {
        int first = dot(token, 0), second = dot(token, first + 1), third = dot(token, second + 1), fourth = dot(token, third + 1);
        if (second != first + 1) throw new Refused("not-a-token");
        header(decoded(token, 0, first), partition, recordKey);
        byte[] iv = decoded(token, second + 1, third), sealed = decoded(token, third + 1, fourth), tag = decoded(token, fourth + 1, token.length);
        if (iv.length != 12 || tag.length != 16) throw new Refused("not-a-token");
        System.arraycopy(iv, 0, nonce, 0, 12);
        room(sealed.length + 16);
        System.arraycopy(sealed, 0, joined, 0, sealed.length);
        System.arraycopy(tag, 0, joined, sealed.length, 16);
        return unpadded(decrypted(token, first, sealed.length + 16));
    }

    private int decrypted(byte[] token, int header, int length) {
        try {
            gcm.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(128, nonce));
            gcm.updateAAD(token, 0, header);
            return gcm.doFinal(joined, 0, length, opened, 0);
        } catch (GeneralSecurityException altered) {
            throw new Refused("altered-token");
        }
    }

    private int unpadded(int length) {
        while (length > 0 && opened[length - 1] == ' ') length--;
        return length;
    }

    private void room(int length) {
        if (joined.length >= length) return;
        joined = new byte[2 * length];
        opened = new byte[2 * length];
    }

    private static int dot(byte[] token, int from) {
        for (int i = from; i < token.length; i++) if (token[i] == '.') return i;
        throw new Refused("not-a-token");
    }

    private static byte[] decoded(byte[] token, int from, int to) {
        try {
            return DECODER.decode(Arrays.copyOfRange(token, from, to));
        } catch (IllegalArgumentException not) {
            throw new Refused("not-a-token");
        }
    }

    /** Exactly our members, and what they say of the place is true. */
    private void header(byte[] text, int partition, byte[] recordKey) {
        json.of(text, 0).expect('{');
        int seen = 0;
        for (boolean first = true; !json.ends('}', first); first = false, seen++) {
            var name = word();
            json.expect(':');
            if (!NAMES.contains(name) || !fits(name, partition, recordKey)) throw new Refused("bad-header");
        }
        if (seen != NAMES.size()) throw new Refused("bad-header");
    }

    private boolean fits(String name, int partition, byte[] recordKey) {
        return switch (name) {
            case "part" -> json.number() == partition;
            case "iat", "seq" -> json.number() >= 0;
            case "alg" -> word().equals("dir");
            case "enc" -> word().equals("A256GCM");
            case "kid" -> word().equals(kid);
            case "aud" -> word().equals("hub:changes");
            case "sub_topic" -> word().equals(topic);
            case "sub" -> word().equals(HexFormat.of().formatHex(recordKey));
            default -> word() != null;
        };
    }

    private String word() {
        json.string();
        return new String(json.text, json.start, json.end - json.start, StandardCharsets.UTF_8);
    }
}
