package peer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** The 41 items of a record and `protected`, each with a number below 64, so that a set of items is one long. */
final class Items {
    enum Form { TEXT, MUNICIPAL, MY_NUMBER, JUMINHYO, SEX, DATE, BOOL, ADDRESS, STATUS, PROTECTION, SEAL, HISTORY, DERIVED }

    private static final String[][] OF_FORM = {
        {"name", "name_furigana", "former_surname", "alias_name", "household_head_name", "relationship_to_head", "honseki",
            "electoral_roll", "nhi_qual", "latter_elderly_qual", "ltci_qual", "pension_qual", "child_allowance_qual",
            "nationality", "art30_45_category", "residence_card_no"},
        {"atena_no", "household_no", "togo_atena_no"}, {"my_number"}, {"juminhyo_code"}, {"sex"},
        {"birth_date", "address_fixed_date", "resident_since", "notified_date", "foreign_resident_since", "residence_expiry"},
        {"protected", "is_household_head"}, {"address", "previous_address", "move_out_destination"}, {"residence_status"},
        {"dv_protection"}, {"seal_registration"}, {"alias_history"},
        {"is_japanese", "removal_date", "change_action", "change_reason", "change_date"},
    };
    private static final List<String> NAMES = Arrays.stream(OF_FORM).flatMap(Arrays::stream).toList();
    static final int COUNT = NAMES.size();
    static final Form[] FORM = new Form[COUNT];
    private static final byte[][] BYTES = new byte[COUNT][];
    private static final byte[] TABLE = new byte[256];

    static {
        Arrays.fill(TABLE, (byte) -1);
        int item = 0;
        for (var form : Form.values()) for (var name : OF_FORM[form.ordinal()]) {
            FORM[item] = form;
            BYTES[item] = name.getBytes(StandardCharsets.US_ASCII);
            int place = place(BYTES[item], 0, name.length());
            while (TABLE[place] >= 0) place = place + 1 & 255;
            TABLE[place] = (byte) item++;
        }
    }

    static final int PROTECTED = of("protected"), DV_PROTECTION = of("dv_protection"), NATIONALITY = of("nationality"),
        BIRTH_DATE = of("birth_date"), IS_JAPANESE = of("is_japanese"), REMOVAL_DATE = of("removal_date"),
        CHANGE_ACTION = of("change_action"), CHANGE_REASON = of("change_reason"), CHANGE_DATE = of("change_date");

    private Items() {}

    static int of(String name) {
        int item = NAMES.indexOf(name);
        if (item < 0) throw new Refused("unknown-item");
        return item;
    }

    static String name(int item) {
        return NAMES.get(item);
    }

    /** The item that the string which was read last names. */
    static int named(Json json) {
        if (json.end - json.start < 2) throw new Refused("unknown-item");
        int place = place(json.text, json.start, json.end);
        for (int item; (item = TABLE[place]) >= 0; place = place + 1 & 255) if (json.is(BYTES[item])) return item;
        throw new Refused("unknown-item");
    }

    private static int place(byte[] text, int from, int to) {
        return (to - from) * 31 + text[from] * 7 + text[to - 1] * 61 + text[from + to >>> 1] * 17 & 255;
    }
}
