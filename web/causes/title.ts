import { catalogue } from '../app/client.ts';
import { strings } from '../strings/index.ts';

/** A cause's title in the language shown, where it is translated. */
export function causeTitle(id: string): string {
  const t = strings.value;
  if (id === 'undetermined' || id === '') return t.table.undetermined;
  return t.causes.titles[id] ?? catalogue.value.get(id)?.title ?? id;
}
