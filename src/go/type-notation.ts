import { basic, imported, pointerTo, type Param, type SignatureType, type Type } from './type.ts';

/** What a line of Go says of something in another package: `slices.Clone[S](S) S`, `time.Timer.C <-chan time.Time`. */
export interface Declared {
  /** Such as `time.Timer.C`. */
  readonly name: string;
  /** Of the function, or of the type whose member it is. */
  readonly typeParams: readonly string[];
  readonly type: Type;
}

const basics = new Set('any bool byte complex128 complex64 error float32 float64 int int16 int32 int64 int8 rune string uint uint16 uint32 uint64 uint8 uintptr'.split(' '));

/** Reads one line in Go's notation, with packages by their import paths. Throws on what it does not understand: the lines are ours. */
export function readDeclaration(line: string): Declared {
  const reader = new Reader(line);
  let name = reader.word();
  const typeParams = reader.typeParams();
  name += reader.word(); // a member of a generic type
  const type = reader.peek() === '(' ? reader.signature(typeParams) : reader.type(typeParams);
  reader.end();
  return { name, typeParams, type };
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text.trim();
  }

  #skip(): void {
    while (this.#text[this.#at] === ' ') this.#at += 1;
  }

  peek(): string | undefined {
    this.#skip();
    return this.#text[this.#at];
  }

  #take(token: string): boolean {
    this.#skip();
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  #want(token: string): void {
    if (!this.#take(token)) throw new Error(`${this.#text}: ${token} expected at ${this.#at}`);
  }

  end(): void {
    if (this.peek() !== undefined) throw new Error(`${this.#text}: not understood from ${this.#at}`);
  }

  /** A name with its import path; empty where none follows at once. */
  word(): string {
    const found = /^[\w./~-]*/u.exec(this.#text.slice(this.#at))?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  typeParams(): string[] {
    const names: string[] = [];
    if (this.#text[this.#at] !== '[') return names;
    this.#at += 1;
    do {
      this.#skip();
      names.push(this.word());
    } while (this.#take(','));
    this.#want(']');
    return names;
  }

  signature(typeParams: readonly string[]): SignatureType {
    let variadic = false;
    const params = this.#list(() => {
      if (!this.#take('...')) return this.type(typeParams);
      variadic = true;
      return { kind: 'slice', elem: this.type(typeParams) };
    });
    const next = this.peek();
    const results = next === '(' ? this.#list(() => this.type(typeParams)) : next === undefined || next === ',' || next === ')' ? [] : [{ name: '', type: this.type(typeParams) }];
    return { kind: 'func', params, results, variadic };
  }

  #list(item: () => Type): Param[] {
    const items: Param[] = [];
    this.#want('(');
    if (this.#take(')')) return items;
    do items.push({ name: '', type: item() });
    while (this.#take(','));
    this.#want(')');
    return items;
  }

  type(typeParams: readonly string[]): Type {
    if (this.#take('*')) return pointerTo(this.type(typeParams));
    if (this.#take('[]')) return { kind: 'slice', elem: this.type(typeParams) };
    if (this.#take('<-chan ')) return { kind: 'chan', dir: 'recv', elem: this.type(typeParams) };
    if (this.#take('chan<- ')) return { kind: 'chan', dir: 'send', elem: this.type(typeParams) };
    if (this.#take('chan ')) return { kind: 'chan', dir: 'both', elem: this.type(typeParams) };
    if (this.#take('struct{}')) return { kind: 'struct', fields: [] };
    if (this.#take('func')) return this.signature(typeParams);
    if (this.#take('map[')) {
      const key = this.type(typeParams);
      this.#want(']');
      return { kind: 'map', key, elem: this.type(typeParams) };
    }
    this.#skip();
    const name = this.word();
    if (typeParams.includes(name)) return { kind: 'typeParam', name, obj: null };
    if (name === 'any') return { kind: 'interface', methods: [], embeddeds: [] };
    if (basics.has(name)) return basic(name);
    const dot = name.lastIndexOf('.');
    if (dot === -1) throw new Error(`${this.#text}: ${name} is no type`);
    const type = imported(name.slice(0, dot), name.slice(dot + 1));
    if (!this.#take('[')) return type;
    const args: Type[] = [];
    do args.push(this.type(typeParams));
    while (this.#take(','));
    this.#want(']');
    return { ...type, args };
  }
}
