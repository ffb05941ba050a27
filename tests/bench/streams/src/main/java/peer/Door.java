package peer;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The door of the peer: the same form of a Change as contracts/change.py and contracts/record.py ask for, check digits
 * included, in one pass over the bytes. It takes compact JSON alone, which is what the relay writes.
 */
final class Door {
    private static final int MAX_RECORD = 30_000;
    private static final byte[][] FIELDS = fields("id", "resident", "version", "kind", "effective_on", "notified_on",
        "recorded_at", "before", "after", "cancels", "to", "transfer");
    private static final int NEEDED = 0b1_1101_1111;
    private static final byte[][] ADDRESS = fields("municipality_code", "town", "machiaza_id", "number", "building", "postal_code", "text");
    private static final byte[][] STATUS = fields("status", "period");
    private static final byte[][] PROTECTION = fields("category", "starts_on", "ends_on");
    private static final byte[][] SEAL = fields("number", "registered_on");
    private static final int[] MY_NUMBER = {6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2}, MUNICIPALITY = {6, 5, 4, 3, 2};
    private static final Pattern CONTRACT = Pattern.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*");

    private final Map<String, String> actions;
    private final Json json = new Json();
    private final Change change = new Change();

    /** `actions`: of every kind. */
    Door(Map<String, String> actions) {
        this.actions = actions;
    }

    private static byte[][] fields(String... names) {
        var found = new byte[names.length][];
        for (int i = 0; i < names.length; i++) found[i] = Dates.ascii(names[i]);
        return found;
    }

    /** The Change in the first `length` bytes; valid until the next one is read. */
    Change read(byte[] text, int length) {
        change.text = text;
        change.length = length;
        change.to = null;
        change.order = null;
        change.before.clear();
        change.after.clear();
        json.of(text, 0).expect('{');
        int seen = 0;
        for (boolean first = true; !json.ends('}', first); first = false) {
            json.string();
            int field = field(FIELDS);
            if ((seen & 1 << field) != 0) throw new Refused("duplicate-key");
            seen |= 1 << field;
            json.expect(':');
            read(field);
        }
        if ((seen & NEEDED) != NEEDED) throw new Refused("missing-field");
        if (json.at != length) throw new Refused("json");
        fit();
        change.compare();
        return change;
    }

    private int field(byte[][] names) {
        for (int i = 0; i < names.length; i++) if (json.is(names[i])) return i;
        throw new Refused("unknown-field");
    }

    private void read(int field) {
        switch (field) {
            case 0 -> uuid(change.id);
            case 1 -> uuid(change.resident);
            case 2 -> {
                if ((change.version = json.number()) == 0) throw new Refused("bad-number");
            }
            case 3 -> kind();
            case 4 -> {
                change.effectiveFrom = json.at;
                Dates.date(json);
                change.effectiveTo = json.at;
            }
            case 5 -> {
                if (!json.isNull()) Dates.date(json);
            }
            case 6 -> time();
            case 7 -> record(change.before);
            case 8 -> record(change.after);
            case 9 -> {
                if (!json.isNull()) uuid(new byte[36]);
            }
            case 10 -> to();
            default -> transfer();
        }
    }

    private void uuid(byte[] into) {
        json.string();
        if (json.end - json.start != 36) throw new Refused("bad-format");
        for (int i = 0; i < 36; i++) {
            int one = json.text[json.start + i];
            boolean fits = i == 8 || i == 13 || i == 18 || i == 23 ? one == '-' : Character.digit(one, 16) >= 0;
            if (!fits) throw new Refused("bad-format");
            into[i] = (byte) one;
        }
    }

    private String word() {
        json.string();
        return new String(json.text, json.start, json.end - json.start, StandardCharsets.UTF_8);
    }

    private void kind() {
        change.kind = word();
        if ((change.action = actions.get(change.kind)) == null) throw new Refused("unknown-kind");
    }

    private void time() {
        json.string();
        change.recorded = Moment.read(json.text, json.start, json.end);
    }

    private void to() {
        if (json.isNull()) return;
        var named = new HashSet<String>();
        int count = 0;
        json.expect('[');
        for (boolean first = true; !json.ends(']', first); first = false, count++) {
            var name = word();
            if (!CONTRACT.matcher(name).matches()) throw new Refused("bad-format");
            named.add(name);
        }
        if (count < 1 || count > 100) throw new Refused("to");
        change.to = Set.copyOf(named);
    }

    private void transfer() {
        if (json.isNull()) return;
        json.expect('{');
        byte[] order = new byte[36];
        long items = 0;
        for (boolean first = true; !json.ends('}', first); first = false) {
            json.name();
            if (json.is(Dates.ascii("order"))) uuid(order);
            else if (json.is(Dates.ascii("items"))) items = chosen();
            else throw new Refused("unknown-field");
        }
        if (order[0] == 0 || items == 0) throw new Refused("missing-field");
        change.order = Dates.ascii(new String(order, StandardCharsets.US_ASCII).toLowerCase());
        change.chosen = items;
    }

    private long chosen() {
        long items = 0;
        json.expect('[');
        for (boolean first = true; !json.ends(']', first); first = false) {
            json.string();
            items |= 1L << Items.named(json);
        }
        return items;
    }

    private void record(Change.Resident record) {
        if (json.isNull()) return;
        record.isThere = true;
        int begun = json.at;
        json.expect('{');
        for (boolean first = true; !json.ends('}', first); first = false) {
            json.string();
            int item = Items.named(json);
            if ((record.seen & 1L << item) != 0) throw new Refused("duplicate-key");
            record.seen |= 1L << item;
            json.expect(':');
            if (json.isNull()) continue;
            record.from[item] = json.at;
            item(Items.FORM[item]);
            record.to[item] = json.at;
        }
        if (json.at - begun > MAX_RECORD) throw new Refused("too-large");
    }

    private void item(Items.Form form) {
        switch (form) {
            case TEXT -> json.string();
            case DATE -> Dates.date(json);
            case BOOL -> json.bool();
            case MUNICIPAL -> digits(1, 15);
            case JUMINHYO -> digits(11, 11);
            case MY_NUMBER -> myNumber();
            case SEX -> {
                json.string();
                if (json.end - json.start != 1 || json.text[json.start] != '1' && json.text[json.start] != '2') throw new Refused("bad-format");
            }
            case ADDRESS -> members(ADDRESS, 0b1, 0);
            case STATUS -> members(STATUS, 0, 0);
            case PROTECTION -> members(PROTECTION, 0, 0b110);
            case SEAL -> members(SEAL, 0, 0b10);
            case HISTORY -> history();
            case DERIVED -> throw new Refused("derived-item");
        }
    }

    private void digits(int least, int most) {
        json.string();
        json.digits(least, most);
    }

    private void myNumber() {
        digits(12, 12);
        boolean varied = false;
        for (int i = json.start + 1; i < json.end; i++) varied |= json.text[i] != json.text[json.start];
        int rest = weighted(MY_NUMBER) % 11;
        if (!varied || json.text[json.end - 1] - '0' != (rest <= 1 ? 0 : 11 - rest)) throw new Refused("bad-check-digit");
    }

    private void municipality() {
        digits(6, 6);
        if (json.text[json.end - 1] - '0' != (11 - weighted(MUNICIPALITY) % 11) % 10) throw new Refused("bad-check-digit");
    }

    private int weighted(int[] weights) {
        int sum = 0;
        for (int i = 0; i < weights.length; i++) sum += weights[i] * (json.text[json.start + i] - '0');
        return sum;
    }

    /** An object of these members; those of `codes` are 団体コード, those of `dates` dates, all others text. */
    private void members(byte[][] names, int codes, int dates) {
        json.expect('{');
        int seen = 0;
        for (boolean first = true; !json.ends('}', first); first = false) {
            json.string();
            int member = field(names);
            if ((seen & 1 << member) != 0) throw new Refused("duplicate-key");
            seen |= 1 << member;
            json.expect(':');
            if (json.isNull()) continue;
            if ((codes & 1 << member) != 0) municipality();
            else if ((dates & 1 << member) != 0) Dates.date(json);
            else json.string();
        }
    }

    /** Entries are text, null, dates, or objects of those; a string is a text here, whatever it looks like. */
    private void history() {
        json.expect('[');
        for (boolean first = true; !json.ends(']', first); first = false) {
            int begun = json.at;
            json.value();
            if (json.text[begun] != '"' && json.text[begun] != '{' && json.text[begun] != 'n') throw new Refused("bad-date");
        }
    }

    /** Whether kind and records go together, as contracts/change.py has it. */
    private void fit() {
        boolean before = change.before.isThere, after = change.after.isThere;
        if (!before && !after) throw new Refused("shape-mismatch");
        var shape = before && after ? "修正" : after ? "記載" : "消除";
        if (change.to != null) {
            if (!change.kind.equals("SNAPSHOT")) throw new Refused("shape-mismatch");
            change.action = shape;
        } else if (!change.action.equals(shape)) throw new Refused("shape-mismatch");
        boolean lawful = change.order == null || change.to != null && change.to.size() == 1 && !before;
        if (!lawful) throw new Refused("shape-mismatch");
    }
}
