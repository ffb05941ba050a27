package peer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A buffer that grows and is used again and again, so that writing an output makes no garbage but the output. */
final class Bytes {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    byte[] held = new byte[4096];
    int size;

    Bytes clear() {
        size = 0;
        return this;
    }

    Bytes put(byte[] from) {
        return put(from, 0, from.length);
    }

    Bytes put(byte[] from, int at, int length) {
        room(length);
        System.arraycopy(from, at, held, size, length);
        size += length;
        return this;
    }

    Bytes put(int one) {
        room(1);
        held[size++] = (byte) one;
        return this;
    }

    Bytes hex(byte[] from) {
        room(2 * from.length);
        for (byte one : from) {
            held[size++] = HEX[one >> 4 & 15];
            held[size++] = HEX[one & 15];
        }
        return this;
    }

    /** A number that is not below zero. */
    Bytes number(long number) {
        room(20);
        int digits = 1;
        for (long rest = number; rest >= 10; rest /= 10) digits++;
        for (int at = size + digits - 1; at >= size; at--, number /= 10) held[at] = (byte) ('0' + number % 10);
        size += digits;
        return this;
    }

    /** Fill with spaces up to `length`. */
    Bytes padded(int length) {
        room(length - size);
        Arrays.fill(held, size, length, (byte) ' ');
        size = length;
        return this;
    }

    byte[] copy() {
        return Arrays.copyOf(held, size);
    }

    private void room(int length) {
        if (size + length > held.length) held = Arrays.copyOf(held, Math.max(2 * held.length, size + length));
    }
}
