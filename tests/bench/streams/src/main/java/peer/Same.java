package peer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Whether two values of one text mean the same. Nearly always their bytes say it; members may stand in another order. */
final class Same {
    private Same() {}

    /** What is no text: null, true, false or a number. */
    private record Word(String said) {}

    static boolean same(byte[] text, int a, int aEnd, int b, int bEnd) {
        if (a < 0 || b < 0) return a < 0 && b < 0;
        if (Arrays.equals(text, a, aEnd, text, b, bEnd)) return true;
        if (text[a] != text[b]) return false;
        return switch (text[a]) {
            case '{' -> members(text, a).equals(members(text, b));
            case '[' -> elements(text, a).equals(elements(text, b));
            case '"' -> (has(text, a, aEnd) || has(text, b, bEnd)) && read(text, a).equals(read(text, b));
            default -> false;
        };
    }

    private static boolean has(byte[] text, int from, int to) {
        for (int i = from; i < to; i++) if (text[i] == '\\') return true;
        return false;
    }

    private static Object read(byte[] text, int from) {
        return switch (text[from]) {
            case '{' -> members(text, from);
            case '[' -> elements(text, from);
            case '"' -> letters(new Json().of(text, from));
            default -> {
                var json = new Json().of(text, from);
                json.value();
                yield new Word(new String(text, from, json.at - from, StandardCharsets.US_ASCII));
            }
        };
    }

    private static Map<String, Object> members(byte[] text, int from) {
        var found = new HashMap<String, Object>();
        var json = new Json().of(text, from + 1);
        for (boolean first = true; !json.ends('}', first); first = false) {
            var name = letters(json);
            json.expect(':');
            found.put(name, read(text, json.at));
            json.value();
        }
        return found;
    }

    private static List<Object> elements(byte[] text, int from) {
        var found = new ArrayList<>();
        var json = new Json().of(text, from + 1);
        for (boolean first = true; !json.ends(']', first); first = false) {
            found.add(read(text, json.at));
            json.value();
        }
        return found;
    }

    private static String letters(Json json) {
        json.string();
        var raw = new String(json.text, json.start, json.end - json.start, StandardCharsets.UTF_8);
        return json.escaped ? unescaped(raw) : raw;
    }

    private static String unescaped(String raw) {
        var found = new StringBuilder();
        for (int i = 0; i < raw.length(); i++) {
            char one = raw.charAt(i);
            if (one != '\\') found.append(one);
            else if (raw.charAt(++i) != 'u') found.append(raw.charAt(i));
            else {
                found.append((char) Integer.parseInt(raw.substring(i + 1, i + 5), 16));
                i += 4;
            }
        }
        return found.toString();
    }
}
