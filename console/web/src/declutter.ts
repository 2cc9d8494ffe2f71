// Which labels of a map are shown, and on which side of their mark: a pure function.

export type Side = "right" | "left" | "top" | "bottom" | "centre";

export interface Label {
  /** Where the mark is [px]. */
  x: number;
  y: number;
  /** Size of the text [px]. */
  width: number;
  height: number;
  /** Half the size of the mark [px]; the text keeps clear of it and of all other marks. */
  reachX: number;
  reachY: number;
  /** Higher ones choose first. */
  rank: number;
  /** Sides to be tried, the best first. */
  sides: Side[];
}

/** A rectangle [px], from the top left corner of the map. */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

function box({ x, y, width, height, reachX, reachY }: Label, side: Side): Box {
  const gap = 2;
  const [dx, dy] = {
    right: [reachX + gap, -height / 2],
    left: [-reachX - gap - width, -height / 2],
    top: [-width / 2, -reachY - gap - height],
    bottom: [-width / 2, reachY + gap],
    centre: [-width / 2, -height / 2],
  }[side] as [number, number];
  return { left: x + dx, top: y + dy, right: x + dx + width, bottom: y + dy + height };
}

const meet = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** The side for each of `labels`; null where there is no room beside `obstacles` in the map's `width` × `height`. */
export function declutter(labels: Label[], width: number, height: number, obstacles: Box[] = []): (Side | null)[] {
  const marks = labels.map((l) => ({ left: l.x - l.reachX, right: l.x + l.reachX, top: l.y - l.reachY, bottom: l.y + l.reachY }));
  const taken = [...obstacles];
  const sides: (Side | null)[] = labels.map(() => null);
  const order = labels.map((_, i) => i).sort((a, b) => labels[b]!.rank - labels[a]!.rank || a - b);
  for (const i of order) {
    const label = labels[i]!;
    if (label.x < 0 || label.y < 0 || label.x > width || label.y > height) continue;
    for (const side of label.sides) {
      const wanted = box(label, side);
      const inside = wanted.left >= 0 && wanted.top >= 0 && wanted.right <= width && wanted.bottom <= height;
      if (!inside || taken.some((b) => meet(b, wanted))) continue;
      if (marks.some((mark, j) => j !== i && meet(mark, wanted))) continue;
      taken.push(wanted);
      sides[i] = side;
      break;
    }
  }
  return sides;
}

/** Width of a text of `size` px, near enough: CJK is as wide as high, the rest about half that. */
export function textWidth(text: string, size: number): number {
  let width = 0;
  for (const letter of text) width += letter > "\u2e80" ? 1 : letter === " " || letter === "." ? 0.34 : 0.63;
  return width * size;
}
