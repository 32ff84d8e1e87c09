import { concat, type Random } from '@hearsay/core';

/** Bytes that parsers stumble over: ends of ranges, signs, continuation bits, lengths of their own. */
const awkward: readonly number[] = [0, 1, 2, 3, 0x7f, 0x80, 0xff, 0xfe, 0xf8, 0x0d, 0x0a];

/** Flips, cuts, inserts, repeats and splices, as a broken proxy or somebody with a fuzzer would. */
export function mutate(bytes: Uint8Array, others: readonly Uint8Array[], random: Random): Uint8Array {
  let mutated = bytes;
  for (let rest = 1 + random.below(4); rest > 0; rest--) mutated = mutateOnce(mutated, others, random);
  return mutated;
}

function mutateOnce(bytes: Uint8Array, others: readonly Uint8Array[], random: Random): Uint8Array {
  const at = random.below(bytes.byteLength + 1);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (random.below(8)) {
    case 0:
      return before;
    case 1:
      return concat(before, random.bytes(1 + random.below(4)), after);
    case 2:
      return concat(before, after.subarray(1 + random.below(3)));
    case 3:
      return concat(before, Uint8Array.of(random.pick(awkward) ?? 0), after.subarray(1));
    case 4:
      return concat(before, Uint8Array.of((after[0] ?? 0) ^ (1 << random.below(8))), after.subarray(1));
    case 5: {
      // A long number where a short one was.
      const number = new Uint8Array(1 + random.below(9)).fill(0xff);
      return concat(before, number, Uint8Array.of(random.below(128)), after.subarray(1));
    }
    case 6: {
      const part = after.subarray(0, 1 + random.below(16));
      return concat(before, ...Array.from({ length: 1 + random.below(60) }, () => part), after);
    }
    default: {
      const other = random.pick(others) ?? bytes;
      const from = random.below(other.byteLength + 1);
      return concat(
        before,
        other.subarray(from, from + 1 + random.below(32)),
        after.subarray(random.below(8)),
      );
    }
  }
}
