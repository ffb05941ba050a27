package peer;

import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;

/** A time of RFC 3339 with an offset: the day that it is in Japan, and its form with all six digits or none. */
final class Moment {
    private static final int JAPAN = 9 * 60;
    private static final DateTimeFormatter SECONDS = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ssxxx"),
        MICROSECONDS = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSxxx");
    final LocalDate day;
    final byte[] iso;

    private Moment(LocalDate day, byte[] iso) {
        this.day = day;
        this.iso = iso;
    }

    static Moment read(byte[] text, int from, int to) {
        if (to - from < 20) throw new Refused("bad-timestamp");
        int date = Dates.iso(text, from, from + 10);
        int hour = two(text, from + 11, 23), minute = two(text, from + 14, 59);
        two(text, from + 17, 59);
        int zone = fraction(text, from + 19, to), offset = offset(text, zone, to);
        boolean fits = date >= 19_000_000 && date < 30_000_000 && text[from + 10] == 'T' && text[from + 13] == ':' && text[from + 16] == ':';
        if (!fits) throw new Refused("bad-timestamp");
        var day = LocalDate.of(date / 10000, date / 100 % 100, date % 100);
        int minutes = hour * 60 + minute - offset + JAPAN;
        boolean isIso = (zone == from + 19 || zone == from + 26) && text[zone] != 'Z';
        var own = Arrays.copyOfRange(text, from, to);
        return new Moment(day.plusDays(Math.floorDiv(minutes, 24 * 60)), isIso ? own : again(own));
    }

    private static byte[] again(byte[] said) {
        var at = OffsetDateTime.parse(new String(said, java.nio.charset.StandardCharsets.US_ASCII));
        return Dates.ascii((at.getNano() == 0 ? SECONDS : MICROSECONDS).format(at));
    }

    private static int two(byte[] text, int at, int most) {
        int tens = text[at] - '0', ones = text[at + 1] - '0';
        boolean fits = tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 && tens * 10 + ones <= most;
        if (!fits) throw new Refused("bad-timestamp");
        return tens * 10 + ones;
    }

    /** Where the offset begins. */
    private static int fraction(byte[] text, int at, int to) {
        if (text[at] != '.') return at;
        int end = at + 1;
        while (end < to && text[end] >= '0' && text[end] <= '9') end++;
        if (end == at + 1 || end > at + 7) throw new Refused("bad-timestamp");
        return end;
    }

    private static int offset(byte[] text, int at, int to) {
        if (to - at == 1 && text[at] == 'Z') return 0;
        boolean fits = to - at == 6 && (text[at] == '+' || text[at] == '-') && text[at + 3] == ':';
        if (!fits) throw new Refused("bad-timestamp");
        int minutes = two(text, at + 1, 23) * 60 + two(text, at + 4, 59);
        return text[at] == '-' ? -minutes : minutes;
    }
}
