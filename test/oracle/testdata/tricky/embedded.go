package tricky

import (
	"context"
	"io"
	"net"
	"sync"
	"time"
)

type stopper interface {
	Stopped() <-chan struct{}
}

type service interface {
	stopper
	io.Closer
	run(context.Context) error
}

type base struct {
	quit chan struct{}
	*time.Ticker
}

func (b *base) Stopped() <-chan struct{} { return b.quit }

type middle struct {
	sync.RWMutex
	net.Conn
	base
	cond *sync.Cond
}

type outer struct {
	*middle
	service
	stop context.CancelFunc
	wg   struct{ sync.WaitGroup }
}

func methods(o *outer, s service) {
	<-o.quit
	<-o.C
	<-o.middle.base.Stopped()
	<-s.Stopped()
	_ = s.Close()
	o.RLock()
	o.RUnlock()
	o.cond.L.Lock()
	o.wg.Add(1)
	go o.wg.Wait()
	stopped := o.base.Stopped
	<-stopped()
	<-(*base).Stopped(&o.base)
	expr := (*base).Stopped
	<-expr(&o.base)
	defer o.stop()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if deadline, ok := ctx.Deadline(); ok {
		_ = o.SetDeadline(deadline)
	}
	_ = o.service.run(context.WithoutCancel(ctx))
	var l sync.Locker = o
	l.Lock()
	(func() { l.Unlock() })()
}
