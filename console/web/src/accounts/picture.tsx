// A second factor to scan: always dark on light, whatever the theme.

import type { JSX } from "preact";
import type { Picture } from "./wire.ts";

/** The secret in groups of four, to be typed. */
const grouped = (secret: string): string => secret.replace(/(.{4})(?=.)/g, "$1 ");

export const Code = ({ picture, label }: { picture: Picture; label: string }): JSX.Element => (
  <div class="scan">
    <svg viewBox={`0 0 ${picture.size} ${picture.size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect width={picture.size} height={picture.size} fill="#fff" />
      <path d={picture.path} fill="#000" />
    </svg>
    <code>{grouped(picture.secret)}</code>
  </div>
);
