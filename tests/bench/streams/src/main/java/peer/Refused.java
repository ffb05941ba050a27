package peer;

/** A record that is not what the relay seals. It says where, never what: no value of a resident is told. */
final class Refused extends RuntimeException {
    Refused(String place) {
        super(place, null, false, false);
    }
}
