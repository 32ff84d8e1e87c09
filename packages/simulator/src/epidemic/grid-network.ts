/** Sites, and the links a message crosses on its way from one to another. */
export interface Network {
  readonly sites: number;
  /** Links by number; `joint` is the critical one. */
  readonly links: number;
  readonly joint: number;
  /** Links on the way from one site to another, in either direction the same number of them. */
  route(from: number, to: number): readonly number[];
}

interface Place {
  readonly grid: number;
  readonly x: number;
  readonly y: number;
}

const west = { width: 16, height: 16 };
const east = { width: 4, height: 11 };
const westEnd: Place = { grid: 0, x: 15, y: 8 };
const eastEnd: Place = { grid: 1, x: 0, y: 5 };

/**
 * The stand-in for the Xerox Corporate Internet, whose map was never published: 256 sites in a square and 44 in a
 * strip, joined by one link. Routes go along x first, then y, between the grids over the joint.
 */
export function twoGridNetwork(): Network {
  const places = [west, east].flatMap(({ width, height }, grid) =>
    Array.from({ length: width * height }, (_, i) => ({ grid, x: i % width, y: Math.floor(i / width) })),
  );
  const numbers = new Map<string, number>();
  const number = (a: Place, b: Place): number => {
    const key = [`${a.grid}:${a.x}:${a.y}`, `${b.grid}:${b.x}:${b.y}`].sort().join(' ');
    const known = numbers.get(key) ?? numbers.size;
    numbers.set(key, known);
    return known;
  };
  const walk = (from: Place, to: Place): number[] => {
    const links: number[] = [];
    let here = from;
    while (here.x !== to.x || here.y !== to.y) {
      const dx = Math.sign(to.x - here.x);
      const next = {
        grid: here.grid,
        x: here.x + dx,
        y: dx === 0 ? here.y + Math.sign(to.y - here.y) : here.y,
      };
      links.push(number(here, next));
      here = next;
    }
    return links;
  };
  const joint = number(westEnd, eastEnd);
  const between = (from: Place, to: Place): number[] => {
    if (from.grid === to.grid) return walk(from, to);
    const [exit, entry] = from.grid === 0 ? [westEnd, eastEnd] : [eastEnd, westEnd];
    return [...walk(from, exit), joint, ...walk(entry, to)];
  };
  const routes = places.map((from) => places.map((to) => between(from, to)));
  return { sites: places.length, links: numbers.size, joint, route: (from, to) => routes[from]?.[to] ?? [] };
}
