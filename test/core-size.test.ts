import { describe, expect, it } from 'vitest';
import { bundleCore, gzipBytes } from './support/core-bundle.ts';

describe('the core as one module', () => {
  it('is at most 60 kB gzip and needs nothing of Node', async () => {
    const code = await bundleCore();
    expect(code).not.toMatch(/require\(|node:/);
    expect(gzipBytes(code)).toBeLessThanOrEqual(60_000);
  });
});
