/** Does what it is given in turn, so many at once. */
export const lanes = (count: number): (<T>(task: () => Promise<T>) => Promise<T>) => {
  const ends: Promise<unknown>[] = Array.from({ length: count }, () => Promise.resolve());
  let next = 0;
  return (task) => {
    next = (next + 1) % count;
    const done = (ends[next] as Promise<unknown>).then(task);
    ends[next] = done.catch(() => {});
    return done;
  };
};
