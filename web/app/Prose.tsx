import type { VNode } from 'preact';

/** Text of the engine, in English; what stands between backquotes is to be typed, and looks so. */
export function Prose({ text }: { readonly text: string }): VNode {
  return (
    <span lang="en">
      {text.split('`').map((part, i) => (i % 2 === 1 ? <code key={`${i} ${part}`}>{part}</code> : part))}
    </span>
  );
}
