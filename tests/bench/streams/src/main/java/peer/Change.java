package peer;

import java.util.Arrays;
import java.util.Set;

/** A Change as slices of its text; one object per thread, filled again for every record. */
final class Change {
    /** One record, before or after: by item where its value begins and ends; -1 is null or missing. */
    static final class Resident {
        final int[] from = new int[Items.COUNT], to = new int[Items.COUNT];
        boolean isThere;
        long seen;

        void clear() {
            isThere = false;
            seen = 0;
            Arrays.fill(from, -1);
        }
    }

    byte[] text;
    int length;
    final Resident before = new Resident(), after = new Resident();
    final byte[] id = new byte[36], resident = new byte[36];
    long version;
    String kind, action;
    int effectiveFrom, effectiveTo;
    Moment recorded;
    Set<String> to;
    /** 随時移転: the order, and the items that it is for. */
    byte[] order;
    long chosen;
    /** The items that differ between the two records. */
    long altered;

    Resident subject() {
        return after.isThere ? after : before;
    }

    boolean isNull(Resident record, int item) {
        return record.from[item] < 0;
    }

    /** A record that does not say so is treated as protected. */
    boolean isProtected(Resident record) {
        int from = record.from[Items.PROTECTED];
        return from < 0 || text[from] != 'f';
    }

    boolean isJapanese(Resident record) {
        return isNull(record, Items.NATIONALITY);
    }

    void compare() {
        altered = 0;
        for (int item = 0; item < Items.COUNT; item++) {
            boolean same = Same.same(text, before.from[item], before.to[item], after.from[item], after.to[item]);
            if (!same) altered |= 1L << item;
        }
    }
}
