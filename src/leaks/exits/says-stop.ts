const words = /(?:done|quit|stop|exit|clos|cancel|shutdown|kill|term|abort|finish|halt|die|dying|dead)/iu;

/** Whether the name of a channel says that it is there to end something: `quit`, `s.stopCh`, `ctx.Done()`. */
export function saysStop(channel: string): boolean {
  const name = channel.replaceAll(/\s/gu, '').replace(/\(\)$/u, '');
  return /^[\w.]+$/u.test(name) && words.test(name.slice(name.lastIndexOf('.') + 1));
}
