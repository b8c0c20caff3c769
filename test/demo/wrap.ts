/** Breaks lines at spaces; colours take no room. Lines after the first are indented. A word that is too long stays whole. */
export function wrap(text: string, width: number, indent = ''): string[] {
  return text.split('\n').flatMap((line) => {
    const lines: string[] = [];
    let current = '';
    for (const word of line.split(' ')) {
      const longer = current === '' ? word : `${current} ${word}`;
      if (current !== '' && visible(longer) > width) {
        lines.push(current);
        current = `${indent}${word}`;
      } else {
        current = longer;
      }
    }
    return [...lines, current];
  });
}

function visible(text: string): number {
  return text.replaceAll(/\u001b\[\d+m/g, '').length;
}
