/** Work that can be done at once as a rule and has to wait at times, in the order in which it came. */
export function inTurn<In, Out>(
  attempt: (value: In) => Out | undefined,
  available: () => Promise<void>,
): (value: In) => Out | Promise<Out> {
  let last: Promise<unknown> | undefined;
  const later = async (value: In, before: Promise<unknown> | undefined): Promise<Out> => {
    await before;
    for (;;) {
      const done = attempt(value);
      if (done !== undefined) return done;
      await available();
    }
  };
  return (value) => {
    const now = last === undefined ? attempt(value) : undefined;
    if (now !== undefined) return now;
    const mine = later(value, last);
    last = mine;
    const over = () => {
      if (last === mine) last = undefined;
    };
    mine.then(over, over);
    return mine;
  };
}
