# GitLab's container registry (Linux package); the part of /etc/gitlab/gitlab.rb. `gitlab-ctl reconfigure` takes it.
registry['notifications'] = [
  {
    'name' => 'tidewaiter',
    'url' => 'https://tidewaiter.example:8055/v1/webhooks/gitlab',
    'timeout' => '2s',
    'threshold' => 5,
    'backoff' => '5s',
    'headers' => {
      'Authorization' => ['Bearer TOKEN']
    }
  }
]
