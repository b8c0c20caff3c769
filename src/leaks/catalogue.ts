import type { Meta } from './rule.ts';

/** Every rule's description, in the catalogue's order. */
export const catalogue: readonly Meta[] = [
  {
    id: 'abandoned-send',
    case: 'Case 1',
    title: { en: 'abandoned send', 'zh-CN': '被遗弃的发送' },
    why: {
      en: 'The goroutine, and everything it holds, stays until the process ends.',
      'zh-CN': '该 goroutine 及其持有的一切会一直保留到进程结束。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'Receivers in code the channel is handed to outside of the package: the rule is then silent.',
      'zh-CN': '如果 channel 被交给包外的代码，规则看不到那里的接收方，因此保持沉默。',
    },
  },
  {
    id: 'missing-close',
    case: 'Case 2',
    title: { en: 'channel never closed', 'zh-CN': 'channel 从未关闭' },
    why: {
      en: 'Every time the owner is dropped, one goroutine stays behind in its range loop.',
      'zh-CN': '每次丢弃其所有者，都会有一个 goroutine 永远停在 range 循环里。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'A close in another package, through an exported field or a copy of the channel: the rule is then silent.',
      'zh-CN': '如果在其他包中通过导出字段或 channel 的副本关闭，规则看不到，因此保持沉默。',
    },
  },
  {
    id: 'timer-drain',
    case: 'Case 3',
    title: { en: 'blocked on a timer', 'zh-CN': '阻塞在 timer 上' },
    why: {
      en: 'A stopped timer never sends again, so the goroutine that drains it waits until the process ends.',
      'zh-CN': '已停止的 timer 不会再发送，因此排空它的 goroutine 会一直等到进程结束。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'Timers that are reset or received from in code outside of the package: the rule is then silent.',
      'zh-CN': '如果 timer 在包外的代码中被 Reset 或接收，规则看不到，因此保持沉默。',
    },
  },
  {
    id: 'break-in-select',
    case: 'Case 3',
    title: { en: 'break leaves only the select', 'zh-CN': 'break 只跳出 select' },
    why: {
      en: 'The loop was meant to end and does not, so its goroutine stays until the process ends.',
      'zh-CN': '循环本应结束却没有结束，因此它的 goroutine 会一直保留到进程结束。',
    },
    confidence: 'certain',
    cannotSee: {
      en: 'Loops that are ended by a panic in a function outside of the package.',
      'zh-CN': '由包外函数 panic 结束的循环。',
    },
  },
];
