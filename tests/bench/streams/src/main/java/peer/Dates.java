package peer;

import java.nio.charset.StandardCharsets;
import java.time.LocalDate;

/** Dates as the register has them: "YYYY-MM-DD", or an object of which each part may be unknown (不詳). */
final class Dates {
    private static final byte[][] PARTS = {ascii("year"), ascii("month"), ascii("day"), ascii("text")};
    private static final int[] LENGTHS = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    private Dates() {}

    static byte[] ascii(String word) {
        return word.getBytes(StandardCharsets.US_ASCII);
    }

    /** Step over a date, or refuse it. */
    static void date(Json json) {
        if (json.next() == '"') {
            json.string();
            iso(json.text, json.start, json.end);
        } else parts(json);
    }

    /** Year, month and day as one number, so that later dates are greater. */
    static int iso(byte[] text, int from, int to) {
        if (to - from != 10 || text[from + 4] != '-' || text[from + 7] != '-') throw new Refused("bad-date");
        int year = digits(text, from, 4), month = digits(text, from + 5, 2), day = digits(text, from + 8, 2);
        check(year, month, day);
        return year * 10000 + month * 100 + day;
    }

    private static int digits(byte[] text, int from, int count) {
        int found = 0;
        for (int i = from; i < from + count; i++) {
            if (text[i] < '0' || text[i] > '9') throw new Refused("bad-date");
            found = found * 10 + text[i] - '0';
        }
        return found;
    }

    private static void check(int year, int month, int day) {
        if (year < 1 || month < 1 || month > 12 || day < 1 || day > length(year, month)) throw new Refused("bad-date");
    }

    private static int length(int year, int month) {
        boolean leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        return month == 2 && !leap ? 28 : LENGTHS[month - 1];
    }

    /** The parts that are known, as year·10000 + month·100 + day; 0 where one is not. */
    private static int parts(Json json) {
        json.expect('{');
        int[] known = new int[3];
        int seen = 0;
        for (boolean first = true; !json.ends('}', first); first = false) {
            json.string();
            int part = 0;
            while (part < 4 && !json.is(PARTS[part])) part++;
            if (part == 4 || (seen & 1 << part) != 0) throw new Refused("bad-date");
            seen |= 1 << part;
            json.expect(':');
            if (json.isNull()) continue;
            if (part == 3) json.string();
            else known[part] = within(json.number(), part == 0 ? 9999 : part == 1 ? 12 : 31);
        }
        if (known[1] > 0 && known[2] > 0 && known[2] > length(known[0] > 0 ? known[0] : 2000, known[1])) throw new Refused("bad-date");
        return known[0] * 10000 + known[1] * 100 + known[2];
    }

    private static int within(long number, int most) {
        if (number < 1 || number > most) throw new Refused("bad-date");
        return (int) number;
    }

    /** Completed years on a day, by 年齢計算ニ関スル法律; MIN_VALUE where no year is known. */
    static int age(byte[] text, int from, int to, LocalDate on) {
        if (from < 0) return Integer.MIN_VALUE;
        int born = text[from] == '"' ? iso(text, from + 1, to - 1) : lastDay(parts(new Json().of(text, from)));
        if (born == 0) return Integer.MIN_VALUE;
        var tomorrow = on.plusDays(1);
        boolean before = tomorrow.getMonthValue() * 100 + tomorrow.getDayOfMonth() < born % 10000;
        return tomorrow.getYear() - born / 10000 - (before ? 1 : 0);
    }

    private static int lastDay(int known) {
        int year = known / 10000, month = known / 100 % 100 > 0 ? known / 100 % 100 : 12, day = known % 100;
        return year == 0 ? 0 : year * 10000 + month * 100 + (day > 0 ? day : length(year, month));
    }
}
