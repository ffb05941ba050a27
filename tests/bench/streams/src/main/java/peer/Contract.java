package peer;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * One contract, out of the document of the compiled Book, and its decision: contracts/decide.py rule by rule, over sets of
 * items that are one long each.
 */
final class Contract {
    enum State { ENTERED, INSIDE, DELETED, LEFT }

    /** The items permitted on a day, in order, and as a set. */
    record Permitted(int[] items, long set) {}

    private record Grant(int item, LocalDate since, LocalDate until) {}

    private static final Set<String> DEPARTMENTAL = Set.of("topic", "rest", "csv");
    private static final long DERIVED = 1L << Items.IS_JAPANESE | 1L << Items.REMOVAL_DATE | 1L << Items.CHANGE_ACTION
        | 1L << Items.CHANGE_REASON | 1L << Items.CHANGE_DATE;

    final String id, hash;
    final int identifier;
    private final Set<String> hears, always;
    private final int[] items;
    private final List<Grant> granted = new ArrayList<>();
    private final boolean suspends, withholds, isDepartmental;
    private final LocalDate from, until;
    private final Boolean japanese;
    private final Integer ageFrom, ageTo;
    private final Permitted ownItems;

    Contract(JsonNode document) {
        id = document.get("id").asText();
        hash = document.get("hash").asText();
        hears = words(document.get("hears"));
        always = words(document.get("always"));
        items = numbers(document.get("items"));
        for (var each : document.get("granted"))
            granted.add(new Grant(Items.of(each.get("item").asText()), day(each.get("in_force").get("from")), day(each.get("in_force").get("until"))));
        identifier = Items.of(document.get("identifier").asText());
        suspends = document.get("protected").asText().equals("suspend");
        withholds = document.get("protected").asText().equals("withhold");
        isDepartmental = DEPARTMENTAL.contains(document.get("via").asText());
        from = day(document.get("in_force").get("from"));
        until = day(document.get("in_force").get("until"));
        var people = document.get("population");
        japanese = people.path("japanese").isBoolean() ? people.get("japanese").asBoolean() : null;
        ageFrom = people.path("age_from").isInt() ? people.get("age_from").asInt() : null;
        ageTo = people.path("age_to").isInt() ? people.get("age_to").asInt() : null;
        ownItems = permitted(items);
    }

    private static Set<String> words(JsonNode list) {
        var found = new HashSet<String>();
        list.forEach(each -> found.add(each.asText()));
        return Set.copyOf(found);
    }

    private static int[] numbers(JsonNode list) {
        var found = new int[list.size()];
        for (int i = 0; i < found.length; i++) found[i] = Items.of(list.get(i).asText());
        return found;
    }

    private static LocalDate day(JsonNode said) {
        return said.isNull() ? null : LocalDate.parse(said.asText());
    }

    private static Permitted permitted(int[] items) {
        long set = 0;
        for (int item : items) set |= 1L << item;
        return new Permitted(items, set);
    }

    boolean inForce(LocalDate on) {
        return !on.isBefore(from) && (until == null || !on.isAfter(until));
    }

    Permitted permitted(LocalDate on) {
        if (granted.isEmpty()) return ownItems;
        var all = new ArrayList<Integer>();
        for (int item : items) all.add(item);
        for (var each : granted) if (!on.isBefore(each.since) && (each.until == null || !on.isAfter(each.until))) all.add(each.item);
        return permitted(all.stream().mapToInt(Integer::intValue).toArray());
    }

    /** What is told, as a state; null is silence. `on`: the day of decision; `permitted`: on that day. */
    State decide(Change change, LocalDate on, Permitted permitted) {
        var judgedOn = judgedOn(change, on);
        if (!inForce(on) || !inForce(judgedOn)) return null;
        var state = state(change, judgedOn);
        if (state == null || !hears(change, state)) return null;
        if (state == State.INSIDE && !differs(change, permitted)) return null;
        return withholds && change.isProtected(change.subject()) ? null : state;
    }

    private static LocalDate judgedOn(Change change, LocalDate on) {
        if (!change.kind.equals("POPULATION_REVIEW") || change.text[change.effectiveFrom] != '"') return on;
        var said = new String(change.text, change.effectiveFrom + 1, 10, StandardCharsets.US_ASCII);
        var own = LocalDate.parse(said);
        return own.isBefore(on) ? own : on;
    }

    private State state(Change change, LocalDate day) {
        boolean was = belongs(change, change.before, day, -1), now = belongs(change, change.after, day, 0);
        if (now) return was ? State.INSIDE : State.ENTERED;
        if (!was) return null;
        return change.after.isThere ? State.LEFT : State.DELETED;
    }

    private boolean belongs(Change change, Change.Resident record, LocalDate day, int shift) {
        if (!record.isThere || suspends && change.isProtected(record)) return false;
        if (japanese != null && change.isJapanese(record) != japanese) return false;
        if (ageFrom == null && ageTo == null) return true;
        int item = Items.BIRTH_DATE, age = Dates.age(change.text, record.from[item], record.to[item], day.plusDays(shift));
        return age != Integer.MIN_VALUE && (ageFrom == null || age >= ageFrom) && (ageTo == null || age <= ageTo);
    }

    private boolean hears(Change change, State state) {
        if (change.to != null && !change.to.contains(id)) return false;
        if (change.order != null && !isDepartmental) return false;
        boolean movedOver = state == State.ENTERED || state == State.LEFT;
        return hears.contains(change.kind) || movedOver && change.action.equals("修正");
    }

    private boolean differs(Change change, Permitted permitted) {
        if (always.contains(change.kind) || (change.altered & permitted.set) != 0) return true;
        boolean asks = (permitted.set & 1L << Items.IS_JAPANESE) != 0;
        return asks && change.isJapanese(change.before) != change.isJapanese(change.after);
    }

    boolean hearsKind(String kind) {
        return hears.contains(kind);
    }

    static boolean isDerived(int item) {
        return (DERIVED & 1L << item) != 0;
    }
}
