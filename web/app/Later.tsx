import type { ComponentType, VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { strings } from '../strings/index.ts';

interface LaterProps {
  /** Fixed for the life of the element: give a `key` where it changes. */
  readonly load: () => Promise<ComponentType>;
}

/** A view whose code comes when it is first shown. */
export function Later({ load }: LaterProps): VNode {
  const [View, setView] = useState<ComponentType | null>(null);
  const [failure, setFailure] = useState('');
  useEffect(() => {
    load().then(
      (loaded) => setView(() => loaded),
      (error: unknown) => setFailure(String(error)),
    );
  }, []);
  if (View !== null) return <View />;
  return <p role="status">{failure || strings.value.app.loading}</p>;
}
