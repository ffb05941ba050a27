package peer;

import java.util.Arrays;

/**
 * Strict JSON over bytes, read in one pass: no tree, no strings, every value is a slice of the text. A control
 * character, a lone surrogate or an ill-formed letter is refused wherever it stands, as the hub's own door does.
 */
final class Json {
    byte[] text;
    int at;
    /** Of the string that was read last: where it is, without its quotes, and whether it holds an escape. */
    int start, end;
    boolean escaped;

    Json of(byte[] read, int from) {
        text = read;
        at = from;
        return this;
    }

    int next() {
        return text[at];
    }

    void expect(int wanted) {
        if (text[at++] != wanted) throw new Refused("json");
    }

    /** Whether an object or a list ends here; else steps over the comma that has to be there. `first`: there is none. */
    boolean ends(int close, boolean first) {
        if (text[at] == close) {
            at++;
            return true;
        }
        if (!first) expect(',');
        return false;
    }

    void name() {
        string();
        expect(':');
    }

    boolean isNull() {
        if (text[at] != 'n') return false;
        word("null");
        return true;
    }

    boolean bool() {
        boolean is = text[at] == 't';
        word(is ? "true" : "false");
        return is;
    }

    private void word(String wanted) {
        for (int i = 0; i < wanted.length(); i++) expect(wanted.charAt(i));
    }

    /** An integer of at most 19 digits, without a sign. */
    long number() {
        int from = at;
        long found = 0;
        while (text[at] >= '0' && text[at] <= '9') found = found * 10 + text[at++] - '0';
        boolean isOne = at > from && at - from < 20 && (at - from == 1 || text[from] != '0') && found >= 0;
        if (!isOne) throw new Refused("number");
        return found;
    }

    void string() {
        expect('"');
        start = at;
        escaped = false;
        while (true) {
            int one = text[at];
            if (one == '"') break;
            if (one == '\\') escape();
            else if (one >= ' ' && one != 0x7f) at++;
            else if (one < 0) letter();
            else throw new Refused("control-character");
        }
        end = at++;
    }

    private void escape() {
        escaped = true;
        int kind = text[at + 1];
        if (kind == '"' || kind == '\\' || kind == '/') at += 2;
        else if (kind == 'u') at += unicode(code(at)) ? 12 : 6;
        else throw new Refused("control-character");
    }

    /** Whether the escape is the first half of a pair. */
    private boolean unicode(int code) {
        boolean pair = code >= 0xd800 && code < 0xdc00;
        if (code < ' ' || code >= 0x7f && code < 0xa0 || code >= 0xdc00 && code < 0xe000) throw new Refused("letter");
        if (pair && (text[at + 6] != '\\' || text[at + 7] != 'u' || code(at + 6) >> 10 != 0xdc00 >> 10)) throw new Refused("letter");
        return pair;
    }

    private int code(int from) {
        int found = 0;
        for (int i = from + 2; i < from + 6; i++) {
            int digit = Character.digit(text[i], 16);
            if (digit < 0) throw new Refused("letter");
            found = found << 4 | digit;
        }
        return found;
    }

    private void letter() {
        int lead = text[at] & 0xff, second = text[at + 1] & 0xff;
        if (lead < 0xc2 || lead > 0xf4) throw new Refused("letter");
        int length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        int low = lead == 0xc2 || lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80; // C1 controls, overlong
        int high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
        if (second < low || second > high) throw new Refused("letter");
        for (int i = 2; i < length; i++) if ((text[at + i] & 0xc0) != 0x80) throw new Refused("letter");
        at += length;
    }

    /** Step over any value. */
    void value() {
        switch (text[at]) {
            case '"' -> string();
            case '{' -> {
                at++;
                for (boolean first = true; !ends('}', first); first = false) {
                    name();
                    value();
                }
            }
            case '[' -> {
                at++;
                for (boolean first = true; !ends(']', first); first = false) value();
            }
            case 'n' -> isNull();
            case 't', 'f' -> bool();
            default -> number();
        }
    }

    boolean is(byte[] word) {
        return Arrays.equals(text, start, end, word, 0, word.length);
    }

    /** The digits of the string that was read last are `least` to `most` and nothing else. */
    void digits(int least, int most) {
        boolean fits = end - start >= least && end - start <= most;
        for (int i = start; i < end && fits; i++) fits = text[i] >= '0' && text[i] <= '9';
        if (!fits) throw new Refused("number");
    }
}
