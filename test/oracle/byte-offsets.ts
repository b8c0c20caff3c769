/** Go counts bytes, we count UTF-16 units: answers with the place of a byte of the text. */
export function byteOffsets(text: string): (byte: number) => number {
  if (/^\p{ASCII}*$/u.test(text)) return (byte) => byte;
  const places = new Int32Array(Buffer.byteLength(text) + 1);
  let byte = 0;
  let place = 0;
  for (const char of text) {
    places.fill(place, byte, byte + Buffer.byteLength(char));
    byte += Buffer.byteLength(char);
    place += char.length;
  }
  places[byte] = place;
  return (at) => places[at] ?? place;
}
