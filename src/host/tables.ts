import {
  abortOnOverflow,
  compileProfile,
  icmpIsAdvice,
  insecureReset,
  insecureSyn,
  type Patch,
  type Profile,
  rfc1337,
  type Table,
  timeWaitReuse,
} from '../states/index.ts';
import type { TcpConfig } from '../tcp/config.ts';

/** The diagram that the profile and the switches in its configuration make. */
export function tableOf(profile: Profile, config: TcpConfig, patches: readonly Patch[]): Table {
  const switched: Patch[] = [];
  if (config.rfc1337) switched.push(rfc1337);
  if (config.insecureReset) switched.push(insecureReset);
  if (config.insecureSyn) switched.push(insecureSyn);
  if (!config.icmpMayReset) switched.push(icmpIsAdvice);
  if (config.timeWaitReuse !== 0) switched.push(timeWaitReuse);
  if (config.abortOnOverflow) switched.push(abortOnOverflow);
  if (patches.length > 0) return compileProfile(profile, ...switched, ...patches);
  const key = [profile.name, ...switched.map((patch) => patch.name)].join(' ');
  const known = tables.get(key);
  if (known !== undefined && known.profile === profile) return known.table;
  const table = compileProfile(profile, ...switched);
  tables.set(key, { profile, table });
  return table;
}

/** Tables are never changed, so hosts share them. */
const tables: Map<string, { profile: Profile; table: Table }> = new Map();
