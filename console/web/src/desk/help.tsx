// The list of keys.

import type { JSX } from "preact";
import { ACTS } from "./offer.ts";
import { actWord, d } from "./words.ts";

export const KeyHelp = ({ may }: { may: boolean }): JSX.Element => (
  <dl class="keys">
    <dt><kbd>j</kbd> <kbd>k</kbd></dt>
    <dd>{d("keyMove")}</dd>
    <dt><kbd>Enter</kbd></dt>
    <dd>{d("keyOpen")}</dd>
    {may && ACTS.filter(([, key]) => key).map(([act, key]) => [
      <dt key={`${act} key`}><kbd>{key}</kbd></dt>,
      <dd key={act}>{actWord(act)}</dd>,
    ])}
    {may && (
      <>
        <dt><kbd>v</kbd></dt>
        <dd>{d("keySelect")}</dd>
        <dt><kbd>u</kbd></dt>
        <dd>{d("keyUndo")}</dd>
      </>
    )}
    <dt><kbd>?</kbd></dt>
    <dd>{d("keyHelp")}</dd>
  </dl>
);
