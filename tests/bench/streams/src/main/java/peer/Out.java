package peer;

import java.util.Optional;
import java.util.Set;

/** What goes to one topic; `where` holds the partition, which is that of the input. */
record Out(String topic, Optional<Set<Integer>> where, byte[] value) {}
