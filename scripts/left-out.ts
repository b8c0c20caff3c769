import type { Text } from '../src/words.ts';

/** A known shape of leaking code that no rule looks for. */
export interface LeftOut {
  readonly what: Text;
  readonly why: Text;
}

/** The shapes that are left out on purpose, in the order of their cases. What a rule misses is on the rule's own page. */
export const leftOut: readonly LeftOut[] = [
  {
    what: { en: 'S8 a generator without a way to cancel it, whose consumer is not seen', 'zh-CN': 'S8 无法取消的生成器，且看不到它的消费者' },
    why: { en: 'Most are read to their end. Where the package itself stops reading, `abandoned-send` says so.', 'zh-CN': '大多数会被读完。若包内确实提前停止读取，`abandoned-send` 会报告。' },
  },
  {
    what: { en: 'S26 an endless loop that nothing means to end', 'zh-CN': 'S26 没有任何代码打算结束的无限循环' },
    why: { en: 'Such goroutines mostly live as long as their process, on purpose. With a sign that one should end, `loop-without-exit` says so.', 'zh-CN': '这类 goroutine 多半有意与进程同寿。若有迹象表明它应当结束，`loop-without-exit` 会报告。' },
  },
  {
    what: { en: 'S30 a new `http.Transport` or client per request', 'zh-CN': 'S30 每个请求新建 `http.Transport` 或 client' },
    why: { en: 'Its goroutines end with its idle connections, and how often a function runs is not in the code.', 'zh-CN': '其 goroutine 会随空闲连接结束，而函数运行的频率无法从代码看出。' },
  },
  {
    what: { en: 'S34 the context of a request replaced by `Background`', 'zh-CN': 'S34 用 `Background` 替换请求的 context' },
    why: { en: 'Detaching on purpose is common, and looks alike.', 'zh-CN': '有意脱离请求的做法很常见，写法完全一样。' },
  },
  {
    what: { en: 'S35 the callback of `context.AfterFunc` that blocks', 'zh-CN': 'S35 `context.AfterFunc` 的回调阻塞' },
    why: { en: '`context.AfterFunc` is not modelled yet; the callback of `time.AfterFunc` is followed.', 'zh-CN': '尚未对 `context.AfterFunc` 建模；`time.AfterFunc` 的回调会被跟踪。' },
  },
  {
    what: { en: 'S37 a loop over `Accept` or `Read` whose connection nobody closes', 'zh-CN': 'S37 对 `Accept` 或 `Read` 的循环，连接无人关闭' },
    why: { en: 'The other side of the network may end it. Where the package does close it, and the loop goes on, `loop-without-exit` says so.', 'zh-CN': '网络另一端可以结束它。若包内关闭了连接而循环仍继续，`loop-without-exit` 会报告。' },
  },
  {
    what: { en: 'S38 `wait.Until`, informers and factories that run with `wait.NeverStop`', 'zh-CN': 'S38 以 `wait.NeverStop` 运行的 `wait.Until`、informer 与 factory' },
    why: { en: 'As a rule they are meant to run as long as the process.', 'zh-CN': '它们通常就是要运行到进程结束。' },
  },
  {
    what: { en: 'S39 a gRPC stream of a client neither read to its end nor cancelled', 'zh-CN': 'S39 既未读完也未取消的 gRPC 客户端流' },
    why: { en: 'What makes the stream is generated into another package, which is not read; by its name alone it is not known.', 'zh-CN': '创建流的代码生成在另一个包中，不会被读取；仅凭名称无法判定。' },
  },
  {
    what: { en: 'S43 `time.Tick`, tickers that are not stopped, `time.After` in a loop', 'zh-CN': 'S43 `time.Tick`、未停止的 ticker、循环中的 `time.After`' },
    why: { en: 'They cost memory before Go 1.23 and nothing since; no goroutine waits.', 'zh-CN': 'Go 1.23 之前只占内存，之后没有代价；没有 goroutine 在等待。' },
  },
  {
    what: { en: 'S53 `exec.Cmd` started and not waited for', 'zh-CN': 'S53 启动后未等待的 `exec.Cmd`' },
    why: { en: 'Its goroutines copy output until the child ends, which nothing in the code tells.', 'zh-CN': '其 goroutine 会复制输出直到子进程结束，而代码中看不出何时结束。' },
  },
  {
    what: { en: 'S56 a subscription that is not taken back', 'zh-CN': 'S56 未取消的订阅' },
    why: { en: 'That a result of unseen code takes a subscription back is only in its name.', 'zh-CN': '看不到的代码返回的结果是否用于取消订阅，只能从名称推测。' },
  },
  {
    what: { en: 'S57 the goroutine that closes a channel after its leaking workers', 'zh-CN': 'S57 等待泄漏的 worker 之后关闭 channel 的 goroutine' },
    why: { en: 'It leaks with its workers, and the workers are told.', 'zh-CN': '它随 worker 一起泄漏，而 worker 已被报告。' },
  },
];
