/** The command whose output README shows. */
export const picture: readonly string[] = [
  'explain',
  'examples/article.pcapng',
  '--width',
  '100',
  '--color',
  'never',
];

const BETWEEN = /(<!-- picture -->\n)[\s\S]*?(<!-- \/picture -->)/;

/** README with the output between its markers. */
export function withPicture(readme: string, output: string): string {
  return readme.replace(
    BETWEEN,
    (_, open: string, close: string) => `${open}\n\`\`\`text\n${output.trimEnd()}\n\`\`\`\n\n${close}`,
  );
}
